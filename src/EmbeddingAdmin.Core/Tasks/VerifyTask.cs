using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Tasks;

/// <summary>
/// Re-reads every row of a table and compares it with what is claimed of it; then looks a second time at what was gone, compares vectors with each
/// other by their hashes, and, when asked, embeds a sample again. It writes nothing but its own report.
/// </summary>
internal sealed class VerifyTask(NpgsqlDataSource database, VerifyScope scope, TimeSpan secondLook, DatabasePatience patience, TimeProvider clock) : IRunTask
{
    private readonly RowJudge _judge = new(database, scope, patience, clock);
    private readonly SecondLook _again = new(database, scope, secondLook, patience, clock);
    private readonly EqualVectors _equal = new(database, scope, patience, clock);

    /// <summary>The sample that is embedded again; null when nobody asked for one.</summary>
    public DriftSample? Sample { get; init; }

    /// <inheritdoc/>
    public int? Passes => Enum.GetValues<VerifyPass>().Length;

    /// <inheritdoc/>
    /// <remarks>One, because a page that overtook another would be counted twice after a stop; the judge has two of the server's processes for it.</remarks>
    public int Preparers => 1;

    /// <inheritdoc/>
    public int Appliers => 1;

    private KeyWindows Windows => field ??= new(scope.Target, patience, clock, cancel => TableSession.OpenAsync(database, patience.Read, scope.Run.Id, cancel, patience.Lock), KeysAsync);

    /// <inheritdoc/>
    public async Task<long> CountAsync(CancellationToken cancel)
    {
        var done = string.Join(" + ", Receipt.Outcomes.Select(Ledger.Column));
        await using var session = await TableSession.OpenAsync(database, patience.Count, scope.Run.Id, cancel);
        await using var command = session.Command(
            $"select count(*) - (select coalesce(sum({done}), 0) from embedding_admin.batch where run = $1)::bigint from {scope.Target.Relation} t where {scope.Target.Filter}", scope.Run.Id);
        return Math.Max(0, (long)(await command.ExecuteScalarAsync(cancel))!);
    }

    /// <inheritdoc/>
    public Task BeginAsync(int pass, Action<Wait?> waiting, CancellationToken cancel) => (VerifyPass)pass switch
    {
        VerifyPass.Compare => _equal.ForgetEndedAsync(cancel),
        VerifyPass.SecondLook => _again.WaitAsync(waiting, cancel),
        VerifyPass.Drift => _equal.ForgetAsync(cancel),
        _ => Task.CompletedTask,
    };

    /// <inheritdoc/>
    public Task<Page> ReadAsync(PageRequest request, Action<Wait?> waiting, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        return (VerifyPass)request.Pass switch
        {
            VerifyPass.Compare => Windows.ReadAsync(request, waiting, cancel),
            VerifyPass.SecondLook => AgainAsync(request, cancel),
            VerifyPass.EqualVectors => EqualAsync(request, waiting, cancel),
            _ => DrawAsync(request, waiting, cancel),
        };
    }

    /// <inheritdoc/>
    public async Task<Page> PrepareAsync(Page page, Action<Wait?> waiting, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(page);
        if (page.Rows.Count == 0 || (VerifyPass)page.Pass == VerifyPass.EqualVectors)
            return page;
        if ((VerifyPass)page.Pass == VerifyPass.Drift)
            return await Sample!.CompareAsync(page, waiting, cancel);
        var again = (VerifyPass)page.Pass == VerifyPass.SecondLook;
        var judged = await _judge.JudgeAsync([.. page.Rows.Select(row => row.Key)], again, waiting, cancel);
        var there = judged.Select(row => row.Result.Key).ToHashSet(StringComparer.Ordinal);
        return page with
        {
            Rows = [],
            // A row that is gone by now was never counted, unless it was listed before.
            Settled = [.. judged.Select(row => row.Result), .. again ? page.Rows.Where(row => !there.Contains(row.Key)).Select(row => new RowResult(row.Key, RowOutcome.Deleted)) : []],
            Unclaimed = [.. judged.Select(row => row.Unclaimed).OfType<SeenVector>()],
        };
    }

    /// <inheritdoc/>
    public async Task<Applied> ApplyAsync(Page page, RunLease lease, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(lease);
        await using var session = await TableSession.OpenAsync(database, patience.Read, scope.Run.Id, cancel);
        await lease.FenceAsync(session, cancel);
        var entry = new LedgerEntry(scope.Run.Id, page.No, page.Pass, page.LastKey, scope.Run.Attempt, page.Settled, page.Charge) { Compared = page.Compared };
        if (page.Pass > (int)VerifyPass.Compare)
            entry = await AnewAsync(entry, session, cancel);
        var receipt = await LedgerEntry.WriteAsync(entry, session, cancel);
        await _equal.KeepAsync(page.Unclaimed, session, cancel);
        await session.Transaction.CommitAsync(cancel);
        // What is found wrong is what a verification is for, and no reason to stop it, however much it is.
        return new(receipt);
    }

    /// <inheritdoc/>
    public Task<Receipt> RecoverAsync(RunLease lease, CancellationToken cancel) => Task.FromResult(Receipt.Empty);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// Of rows that were counted before: one that was listed is listed anew, or is well now; one that was well and is not leaves its count. What was well
    /// and still is, is not entered again.
    /// </summary>
    private async Task<LedgerEntry> AnewAsync(LedgerEntry entry, TableSession session, CancellationToken cancel)
    {
        var listed = new HashSet<string>(StringComparer.Ordinal);
        await using (var command = session.Command("select row_key from embedding_admin.row_result where run = $1 and row_key = any($2)", scope.Run.Id, entry.Rows.Select(row => row.Key).ToArray()))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                listed.Add(reader.GetString(0));
        }

        var rows = entry.Rows.Where(row => listed.Contains(row.Key) || row.Outcome is not (RowOutcome.AlreadyCurrent or RowOutcome.Deleted)).ToList();
        return entry with { Rows = rows, Unlisted = Receipt.Empty.Add(RowOutcome.AlreadyCurrent, -rows.Count(row => !listed.Contains(row.Key))) };
    }

    private async Task<Page> KeysAsync(TableSession session, PageRequest request, string? upTo, CancellationToken cancel)
    {
        var after = request.AfterKey is null ? "" : $"and t.{scope.Target.Key} > $2::{scope.Target.KeyType}";
        var until = upTo is null ? "" : $"and t.{scope.Target.Key} <= $3::{scope.Target.KeyType}";
        await using var command = session.Command(
            $"select t.{scope.Target.Key}::text from {scope.Target.Relation} t where {scope.Target.Filter} {after} {until} order by t.{scope.Target.Key} limit $1", request.Rows);
        // Postgres needs to know the type of every number up to the highest that a statement has.
        if (request.AfterKey is not null || upTo is not null)
            command.Parameters.Add(new() { Value = request.AfterKey ?? upTo! });
        if (upTo is not null)
            command.Parameters.Add(new() { Value = upTo });
        var keys = new List<string>(request.Rows);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            keys.Add(reader.GetString(0));
        return Keys(request, [.. keys]);
    }

    private async Task<Page> AgainAsync(PageRequest request, CancellationToken cancel) => Keys(request, await _again.KeysAsync(request.AfterKey, request.Rows, cancel));

    private async Task<Page> EqualAsync(PageRequest request, Action<Wait?> waiting, CancellationToken cancel)
    {
        var found = await _equal.FindAsync(request.AfterKey, request.Rows, waiting, cancel);
        return new(0, 0) { LastKey = found.LastOrDefault()?.Key, Settled = found, IsLast = found.Count < request.Rows };
    }

    private async Task<Page> DrawAsync(PageRequest request, Action<Wait?> waiting, CancellationToken cancel)
    {
        var rows = Sample is null ? [] : await Sample.DrawAsync(request.AfterKey, request.Rows, waiting, cancel);
        return new(0, 0) { LastKey = rows.LastOrDefault()?.Key, Rows = rows, IsLast = rows.Count < request.Rows };
    }

    private static Page Keys(PageRequest request, string[] keys) =>
        new(0, 0) { LastKey = keys.LastOrDefault(), Rows = [.. keys.Select(key => new SourceRow(key, "", []))], IsLast = keys.Length < request.Rows };
}
