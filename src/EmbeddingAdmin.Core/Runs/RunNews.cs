using System.Data;
using System.Globalization;
using System.Threading.Channels;
using EmbeddingAdmin.Access;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Brings into the feed what other processes do (a run in a terminal, another instance), while somebody watches and the schema is there. The
/// database tells of each change; a poll stands behind it, slow while it is proven that news come through, and each second while it is not.
/// Through a pooler in transaction mode it is the poll alone: that takes LISTEN and drops it without an error.
/// </summary>
public sealed class RunNews(NpgsqlDataSource database, PoolerProbe pooler, RunStore store, RunFeed feed, SchemaGate schema, DatabaseBrake brake, TimeProvider clock) : BackgroundService
{
    /// <summary>The channel that the triggers of our schema notify, with a run's number.</summary>
    public const string ChannelName = "embedding_admin";

    internal static readonly TimeSpan PollUnproven = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan PollProven = TimeSpan.FromSeconds(5);

    // What was noted in the meantime is read in one go.
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ProveEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly HashSet<long> _told = [];
    private volatile bool _proven;

    /// <summary>Whether news come through now, so that the poll is only a precaution.</summary>
    public bool IsProven => _proven;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await schema.Opened.WaitAsync(stoppingToken);
            while (true)
            {
                await feed.UntilWatchedAsync(stoppingToken);
                await brake.UntilOffAsync(stoppingToken);
                using var unwatched = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                var listening = ListenAsync(unwatched.Token);
                await PollAsync(stoppingToken);
                await unwatched.CancelAsync();
                await listening;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>Looks for itself as long as somebody watches and the database lets us.</summary>
    private async Task PollAsync(CancellationToken stopping)
    {
        while (feed.Watchers > 0 && brake.Refusal is null)
        {
            await PublishAsync(store.LiveAsync, stopping);
            await Task.Delay(_proven ? PollProven : PollUnproven, clock, stopping);
        }
    }

    private async Task ListenAsync(CancellationToken ended)
    {
        try
        {
            while (brake.Refusal is null)
            {
                var pause = Pause;
                try
                {
                    var between = await pooler.KnownAsync(ended);
                    // Said to a session that is somebody else's a moment later, LISTEN would stay behind in it.
                    if (between is { KeepsSessions: true })
                        await HearAsync(ended);
                    else if (between is null)
                        pause = Patience;
                }
                catch (NpgsqlException fault)
                {
                    brake.Note(fault);
                    pause = Patience;
                }
                finally
                {
                    _proven = false;
                }

                await Task.Delay(pause, clock, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Nobody watches any more.
        }
    }

    /// <summary>Listens on a connection of its own until nothing comes through on it any more.</summary>
    private async Task HearAsync(CancellationToken ended)
    {
        var proof = $"proof {Guid.NewGuid():N}";
        var (proved, told) = (Bell(), Bell());
        await using var connection = await database.OpenConnectionAsync(ended);
        connection.Notification += Hear;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended);
        try
        {
            await ExecuteAsync(connection, $"listen {ChannelName}", ended);
            Task[] parts = [WaitAsync(connection, over.Token), TellAsync(told.Reader, over.Token), ProveAsync(proof, proved.Reader, over.Token)];
            var first = await Task.WhenAny(parts);
            await over.CancelAsync();
            await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await first;
        }
        finally
        {
            connection.Notification -= Hear;
            // It goes back to the pool, and must not take others' news along.
            if (connection.State == ConnectionState.Open)
                await ExecuteAsync(connection, "unlisten *", CancellationToken.None);
        }

        void Hear(object sender, NpgsqlNotificationEventArgs news)
        {
            if (news.Payload == proof)
                proved.Writer.TryWrite(true);
            if (!long.TryParse(news.Payload, NumberStyles.None, CultureInfo.InvariantCulture, out var run))
                return;
            lock (_gate)
                _told.Add(run);
            told.Writer.TryWrite(true);
        }
    }

    private static async Task WaitAsync(NpgsqlConnection connection, CancellationToken over)
    {
        while (true)
            await connection.WaitAsync(over);
    }

    /// <summary>Tells itself something by another connection, again and again; ends when it does not come through.</summary>
    private async Task ProveAsync(string proof, ChannelReader<bool> proved, CancellationToken over)
    {
        while (true)
        {
            await using (var notify = database.CreateCommand("select pg_notify($1, $2)"))
            {
                notify.Parameters.Add(new() { Value = ChannelName });
                notify.Parameters.Add(new() { Value = proof });
                await notify.ExecuteNonQueryAsync(over);
            }

            try
            {
                await proved.ReadAsync(over).AsTask().WaitAsync(Patience, clock, over);
            }
            catch (TimeoutException)
            {
                return;
            }

            if (!_proven)
            {
                _proven = true;
                // What changed since the last look, and before somebody listened.
                await PublishAsync(store.LiveAsync, over);
            }

            await Task.Delay(ProveEvery, clock, over);
        }
    }

    private async Task TellAsync(ChannelReader<bool> told, CancellationToken over)
    {
        while (await told.ReadAsync(over))
        {
            await Task.Delay(Gather, clock, over);
            long[] runs;
            lock (_gate)
            {
                runs = [.. _told];
                _told.Clear();
            }

            await PublishAsync(cancel => store.SnapshotsAsync(runs, cancel), over);
        }
    }

    private async Task PublishAsync(Func<CancellationToken, Task<IReadOnlyList<RunSnapshot>>> read, CancellationToken cancel)
    {
        try
        {
            foreach (var snapshot in await read(cancel))
                feed.Publish(snapshot);
        }
        catch (NpgsqlException fault)
        {
            // The run host says so; here the next look is soon enough.
            brake.Note(fault);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static Channel<bool> Bell() =>
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
}
