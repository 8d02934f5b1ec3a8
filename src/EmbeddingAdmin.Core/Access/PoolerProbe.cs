using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Finds a pooler and its mode by what the server says of its own processes. It reads nothing else, leaves nothing
/// behind and takes a few seconds at most; what could not be found stays unknown.
/// </summary>
public sealed class PoolerProbe(NpgsqlDataSource database, DatabaseConnection settings, DatabaseBrake brake, TimeProvider clock) : IDisposable
{
    private const int Rounds = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // In seconds. A pooler without a connection to spare does not answer a request to cancel either; only this ends the wait.
    private const int AnswerPatience = 3;

    private readonly SemaphoreSlim _one = new(1);
    private volatile Pooler? _known;

    /// <summary>What was found last; null when nobody has looked yet, or the database never answered.</summary>
    public Pooler? Known => _known;

    /// <summary>What was found once in this process; looks when nothing was found yet.</summary>
    /// <returns>Null when the database does not answer.</returns>
    public async Task<Pooler?> KnownAsync(CancellationToken cancel) => _known ?? await LookAsync(again: false, cancel);

    /// <summary>Looks again.</summary>
    /// <returns>Null when the database does not answer.</returns>
    public Task<Pooler?> LookAsync(CancellationToken cancel) => LookAsync(again: true, cancel);

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<Pooler?> LookAsync(bool again, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_known is not null && !again)
                return _known;
            var mode = await ModeAsync(cancel);
            if (mode is { } found)
                _known = new(found, found == PoolerMode.None ? null : _known?.Product ?? await ProductAsync(cancel));
            return mode is null ? null : _known;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<PoolerMode?> ModeAsync(CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        var between = settings.TransactionPooler;
        // Of a pooler that does not let us find its mode the settings may know it.
        var unknown = between ? PoolerMode.Transaction : PoolerMode.Unknown;
        try
        {
            await using var ours = await database.OpenConnectionAsync(either.Token);
            var (process, _) = await AskAsync(ours, "", null, either.Token);
            // A pooler makes up the number that it greets its clients with.
            var direct = ours.ProcessID == process;
            if (direct && !between)
                return PoolerMode.None;
            between = true;
            return await IsHandedOnAsync(ours, process, either.Token) ? PoolerMode.Transaction : direct ? PoolerMode.None : PoolerMode.Session;
        }
        catch (Exception silent) when (silent is NpgsqlException || (silent is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return between ? unknown : null;
        }
    }

    /// <summary>
    /// Whether the process that answered us answers others too, while we are there. Poolers hand out the process that was used last, so that as
    /// a rule the first round decides: another client is given ours. Where many are at work it may be any, and then we are given another one the
    /// next time, or ours has done something for somebody else.
    /// </summary>
    private async Task<bool> IsHandedOnAsync(NpgsqlConnection ours, int process, CancellationToken cancel)
    {
        await using var other = await database.OpenConnectionAsync(cancel);
        for (var round = 0; round < Rounds; round++)
        {
            var mark = $"pooler {Guid.NewGuid():N}";
            if ((await AskAsync(ours, mark, null, cancel)).Process != process)
                return true;
            await using var held = await other.BeginTransactionAsync(cancel);
            var (others, last) = await AskAsync(other, "", process, cancel);
            // Empty where the server keeps no statements.
            if (others == process || (last is { Length: > 0 } && !last.Contains(mark, StringComparison.Ordinal)) || (await AskAsync(ours, "", null, cancel)).Process != process)
                return true;
        }

        return false;
    }

    /// <summary>The process that answers, and the last statement of a process.</summary>
    private static async Task<(int Process, string? Last)> AskAsync(NpgsqlConnection connection, string mark, int? of, CancellationToken cancel)
    {
        // In front, because servers keep only the start of a statement.
        await using var command = new NpgsqlCommand($"/* {mark} */ select pg_backend_pid(), (select query from pg_stat_activity where pid = $1)", connection) { CommandTimeout = AnswerPatience };
        command.Parameters.Add(new() { Value = of ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt32(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1));
    }

    private async Task<string?> ProductAsync(CancellationToken cancel)
    {
        if (settings.Host.EndsWith(".pooler.supabase.com", StringComparison.OrdinalIgnoreCase))
            return "Supavisor";
        // Only PgBouncer refuses an option at the start in these words; to anybody else it is a setting that means nothing.
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            await using var asking = settings.Open(brake, "-c embedding_admin.pooler=asked");
            await using var passed = await asking.OpenConnectionAsync(either.Token);
            return null;
        }
        catch (PostgresException refused) when (refused.MessageText.StartsWith("unsupported startup parameter", StringComparison.Ordinal))
        {
            return "PgBouncer";
        }
        catch (Exception silent) when (silent is NpgsqlException || (silent is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }
}
