using System.Threading.Channels;
using EmbeddingAdmin.Tasks;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// One pass over a run's scope: a reader, preparers and appliers, joined by bounded channels. When it is halted, nothing new is claimed
/// and nothing that waits is begun; what a preparer has in hand gets a grace, and whatever was prepared is applied.
/// </summary>
internal sealed class Pipeline(IRunTask task, RunLease lease, Halt halt, Ticker ticker, PassMemory memory, Func<int, CancellationToken, Task> pace)
{
    /// <summary>Runs a pass from a cursor.</summary>
    /// <param name="cursor">Where it begins; its numbers go on over all passes.</param>
    /// <param name="pageSize">Rows per page.</param>
    /// <param name="most">At most so many rows are taken; null takes only rows that were edited under an earlier page.</param>
    /// <returns>The rows that were taken.</returns>
    public async Task<long> RunAsync(RunCursor cursor, int pageSize, long? most)
    {
        var read = Channel.CreateBounded<Page>(task.Preparers);
        var ready = Channel.CreateBounded<Page>(task.Appliers);
        var applier = new PageApplier(task, lease, halt, ticker, memory, cursor.Numbers);
        var reading = ReadAsync(cursor, pageSize, most, read.Writer);
        var preparing = Stage(task.Preparers, () => PrepareAsync(read.Reader, ready.Writer), () => ready.Writer.Complete());
        var applying = Stage(task.Appliers, () => applier.ApplyAsync(ready.Reader), applier.Complete);
        var waiting = Stage(1, applier.WaitAsync);
        await Task.WhenAll(reading, preparing, applying, waiting);
        return await reading;
    }

    private async Task<long> ReadAsync(RunCursor cursor, int pageSize, long? most, ChannelWriter<Page> pages)
    {
        var taken = 0L;
        var after = cursor.AfterKey;
        try
        {
            while (!halt.Claiming.IsCancellationRequested)
            {
                var rows = (int)Math.Min(pageSize, (most ?? long.MaxValue) - taken);
                if (rows <= 0)
                    break;
                var page = await task.ReadAsync(new(after, rows, most is null, cursor.Pass), memory.Waits.ForRead, halt.Claiming);
                if (page.Taken > 0)
                    await pace(page.Taken, halt.Claiming);
                // A page without rows is applied only to close a gap, so that the cursor can pass it.
                if (page.Taken > 0 || cursor.Numbers.HasGaps)
                    await pages.WriteAsync(page with { No = cursor.Numbers.Next(), Pass = cursor.Pass }, halt.Claiming);
                taken += page.Taken;
                after = page.LastKey ?? after;
                if (page.IsLast && !cursor.Numbers.HasGaps)
                    break;
            }
        }
        catch (OperationCanceledException) when (halt.Claiming.IsCancellationRequested)
        {
            // Halted: what was read and not passed on is read again by whoever goes on.
        }
        catch (Exception fault)
        {
            halt.Because(fault);
        }
        finally
        {
            pages.Complete();
        }

        return taken;
    }

    private async Task PrepareAsync(ChannelReader<Page> pages, ChannelWriter<Page> ready)
    {
        await foreach (var page in pages.ReadAllAsync(CancellationToken.None))
        {
            if (halt.Claiming.IsCancellationRequested)
                continue;
            await ready.WriteAsync(await PrepareAsync(page), halt.Applying);
        }
    }

    private async Task<Page> PrepareAsync(Page page)
    {
        var waiting = memory.Waits.ForOne();
        try
        {
            return await task.PrepareAsync(page, waiting, halt.Preparing);
        }
        finally
        {
            waiting(null);
        }
    }

    /// <summary>Runs several workers of a stage. One that fails halts the pipeline and then drains what is left, so that nobody waits for it.</summary>
    private async Task Stage(int workers, Func<Task> work, Action? next = null)
    {
        await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    await work();
                    return;
                }
                catch (OperationCanceledException) when (halt.Preparing.IsCancellationRequested || halt.Applying.IsCancellationRequested)
                {
                    // The grace is over; the page in hand goes back.
                }
                catch (Exception fault)
                {
                    halt.Because(fault);
                }
            }
        })));
        next?.Invoke();
    }
}
