using System.Threading.Channels;
using EmbeddingAdmin.Tasks;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Applies the pages of a pass: in pieces where the database is slow, and without the rows that somebody else has locked. Those become pages of
/// their own, with their vectors, and are tried again until the patience with them is over; each piece has its own number in the ledger.
/// </summary>
internal sealed class PageApplier(IRunTask task, RunLease lease, Halt halt, Ticker ticker, PassMemory memory, PageNumbers numbers)
{
    // What waits holds vectors; when so many pages wait, nothing more is written until some of them are.
    private const int MostWaiting = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    private readonly Channel<WaitingPage> _locked = Channel.CreateBounded<WaitingPage>(MostWaiting);
    private readonly TimeProvider _clock = memory.Clock;
    private volatile bool _tableLocked;

    /// <summary>Applies the pages that are prepared.</summary>
    public async Task ApplyAsync(ChannelReader<Page> ready)
    {
        await foreach (var page in ready.ReadAllAsync(CancellationToken.None))
            await ApplyAsync(page, async (left, why) => await _locked.Writer.WriteAsync(new(left, why, _clock.GetTimestamp(), _clock.GetTimestamp(), 0), halt.Applying));
    }

    /// <summary>No page comes any more.</summary>
    public void Complete() => _locked.Writer.TryComplete();

    /// <summary>Tries the pages whose rows are locked, until no page comes any more and none is left. When the run halts, each gets one more try.</summary>
    public async Task WaitAsync()
    {
        var waiting = new List<WaitingPage>();
        while (true)
        {
            while (waiting.Count < MostWaiting && _locked.Reader.TryRead(out var page))
                waiting.Add(page);
            memory.Waits.ForLocks(Why(waiting));
            if (waiting.MinBy(page => page.Due) is not { } next)
            {
                if (!await _locked.Reader.WaitToReadAsync())
                    return;
                continue;
            }

            await UntilAsync(next.Due);
            waiting.Remove(next);
            await ApplyAsync(next.Page, async (left, why) =>
            {
                var waited = _clock.GetElapsedTime(next.Since);
                if (halt.Claiming.IsCancellationRequested)
                    return;
                if (waited < memory.Patience.Locked)
                    waiting.Add(next.Again(left, why, _clock.GetTimestamp() + (long)(Pause(next.Tries).TotalSeconds * _clock.TimestampFrequency)));
                else if (why == Hindrance.TableLocked)
                    throw new EmbeddingAdminException(ErrorCodes.DatabaseTooBusy, $"Somebody held a lock on the whole table for {waited.TotalSeconds:0} s. Nothing more was written; what was written stays. Wait until it is released (pg_stat_activity shows who holds it), then retry; the run goes on from there.");
                else
                    await ApplyAsync(left.Fail("55P03", $"The app held a lock on this row for {waited.TotalSeconds:0} s. Nothing was written to it. Retry takes it again."), (_, _) => Task.CompletedTask);
            });
        }
    }

    private async Task ApplyAsync(Page page, Func<Page, Hindrance, Task> later)
    {
        var pieces = new Stack<Page>([page]);
        while (!halt.Applying.IsCancellationRequested && pieces.TryPop(out var piece))
        {
            // A run that halts waits for nobody's locks, and not once for each page.
            var halted = halt.Claiming.IsCancellationRequested;
            if (halted && _tableLocked)
                return;
            if (piece.Rows.Count > memory.Size.Now)
                piece = Split(piece, memory.Size.Now);
            if (halted)
                piece = piece with { OnlyFree = true };
            var applied = await task.ApplyAsync(piece, lease, halt.Applying);
            ticker.Count(applied.Receipt, applied.Entered ? piece.Charge.Tokens : 0);
            if (applied.Entered)
                memory.Failures.Count(piece.Taken - applied.Left.Count, applied.Failed, applied.TooLong);
            _tableLocked = applied.Hindrance == Hindrance.TableLocked;
            switch (applied.Hindrance)
            {
                case Hindrance.None:
                    memory.Size.Took(piece.Rows.Count, applied.Took);
                    break;
                case Hindrance.TooSlow when piece.Rows.Count == 0:
                    throw new EmbeddingAdminException(ErrorCodes.DatabaseTooBusy, "The database did not take the smallest write in its time. What was written stays. Look at what else runs there, then retry; the run goes on from there.");
                case Hindrance.TooSlow when piece.Rows.Count == 1:
                    pieces.Push(piece.Fail("57014", $"Writing this row took the database longer than {memory.Patience.Statement.TotalSeconds:0.#} s. Nothing was written to it. Look at the table's triggers and indexes, then retry."));
                    break;
                case Hindrance.TooSlow:
                    memory.Size.GaveUp(piece.Rows.Count);
                    pieces.Push(piece);
                    break;
                case Hindrance.Busy when piece.Rows.Count > 1:
                    // A trigger of one of these rows waits for something; halves tell of which.
                    pieces.Push(Split(piece, piece.Rows.Count / 2));
                    break;
                default:
                    await later((applied.Entered ? piece.Only(applied.Left) with { No = numbers.Next() } : piece) with { OnlyFree = true }, applied.Hindrance);
                    break;
            }
        }

        Page Split(Page whole, int rows)
        {
            var (first, rest) = whole.SplitAt(rows);
            pieces.Push(rest with { No = numbers.Next() });
            return first;
        }
    }

    private async Task UntilAsync(long due)
    {
        var wait = _clock.GetElapsedTime(_clock.GetTimestamp(), due);
        if (wait <= TimeSpan.Zero)
            return;
        try
        {
            await Task.Delay(wait, _clock, halt.Claiming);
        }
        catch (OperationCanceledException) when (halt.Claiming.IsCancellationRequested)
        {
            // The run halts: tried at once, and then left to whoever goes on.
        }
    }

    private string? Why(List<WaitingPage> waiting)
    {
        var patience = $"{memory.Patience.Locked.TotalSeconds:0.#} s";
        return waiting.Any(page => page.Why == Hindrance.TableLocked) ? $"somebody has locked the whole table. It is tried again for up to {patience}."
            : waiting.Sum(page => page.Page.Rows.Count) is > 0 and var rows ? $"the app has locked {(rows == 1 ? "a row" : $"{rows} rows")}. They are tried again for up to {patience}; the others go on."
            : null;
    }

    private static TimeSpan Pause(int tries)
    {
        var pause = FirstPause * Math.Pow(2, tries);
        return (pause < LongestPause ? pause : LongestPause) * (0.75 + (Random.Shared.NextDouble() / 4));
    }

    /// <summary>A page whose rows are locked.</summary>
    private sealed record WaitingPage(Page Page, Hindrance Why, long Since, long Due, int Tries)
    {
        public WaitingPage Again(Page left, Hindrance why, long due) => new(left, why, Since, due, Tries + 1);
    }
}

/// <summary>What a worker learns in one pass and needs in the next.</summary>
/// <param name="Size">How many rows a write may have.</param>
/// <param name="Failures">How many rows failed.</param>
/// <param name="Waits">What is waited for.</param>
/// <param name="Patience">How long the database is waited for.</param>
/// <param name="Clock">The clock.</param>
internal sealed record PassMemory(WriteSize Size, FailureWatch Failures, Waits Waits, DatabasePatience Patience, TimeProvider Clock);
