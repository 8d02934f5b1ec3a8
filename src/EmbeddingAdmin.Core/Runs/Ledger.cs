using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Where a run goes on.</summary>
/// <param name="Pass">The pass that it is in; 0 is the main pass.</param>
/// <param name="AfterKey">The highest key below which every page of the pass has its row in the ledger; null at the beginning.</param>
/// <param name="Numbers">The numbers for the next pages: first the gaps that a stopped worker left, then those that follow.</param>
public sealed record RunCursor(int Pass, string? AfterKey, PageNumbers Numbers);

/// <summary>
/// Hands out the numbers of pages. Gaps come first: a page that was claimed and never written left a number free, and the cursor cannot
/// pass it until somebody fills it. Safe for many callers: rows that a page could not write become pages of their own.
/// </summary>
public sealed class PageNumbers(IEnumerable<int> gaps, int highest)
{
    private readonly Queue<int> _gaps = new(gaps);
    private readonly Lock _gate = new();
    private int _highest = highest;

    /// <summary>Whether there are numbers below the highest that no page has.</summary>
    public bool HasGaps
    {
        get
        {
            lock (_gate)
                return _gaps.Count > 0;
        }
    }

    /// <summary>The next number.</summary>
    public int Next()
    {
        lock (_gate)
            return _gaps.TryDequeue(out var gap) ? gap : ++_highest;
    }
}

/// <summary>The ledger (<c>embedding_admin.batch</c>): what the pages of a run came to. All totals of a run are sums over it.</summary>
public sealed class Ledger(NpgsqlDataSource database)
{
    /// <summary>The outcome's column.</summary>
    internal static string Column(RowOutcome outcome) =>
        string.Concat(outcome.ToString().Select((c, n) => n > 0 && char.IsUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    /// <summary>The sums over all pages of a run.</summary>
    public async Task<(Receipt Receipt, long Tokens)> SumAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"select {string.Join(", ", Receipt.Outcomes.Select(o => $"coalesce(sum({Column(o)}), 0)::bigint"))}, coalesce(sum(tokens), 0)::bigint from embedding_admin.batch where run = $1");
        command.Parameters.Add(new() { Value = run });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (Receipt.Of([.. Receipt.Outcomes.Select((_, n) => reader.GetInt64(n))]), reader.GetInt64(Receipt.Outcomes.Length));
    }

    /// <summary>
    /// Writes the sums down as the progress of a run whose worker is gone: it may have entered pages of which it told nobody any more. A write that
    /// is still open is waited for.
    /// </summary>
    internal static async Task SumUpAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long run, CancellationToken cancel)
    {
        await using var wait = new NpgsqlCommand("select from embedding_admin.run_lease where run = $1 for update", connection, transaction) { Parameters = { new() { Value = run } } };
        await wait.ExecuteNonQueryAsync(cancel);
        await using var sum = new NpgsqlCommand(
            $"""
            insert into embedding_admin.run_progress as p (run, progress)
            select $1, jsonb_build_object('tick', $2, 'tokens', coalesce(sum(tokens), 0),
                     'receipt', jsonb_build_object({string.Join(", ", Receipt.Outcomes.Select(o => $"'{Receipt.Name(o)}', coalesce(sum({Column(o)}), 0)"))}))
              from embedding_admin.batch where run = $1
            on conflict (run) do update set at = clock_timestamp(),
              progress = p.progress - array['rowsPerSecond', 'waiting'] || excluded.progress || jsonb_build_object('tick', (p.progress ->> 'tick')::bigint + $2)
            """, connection, transaction)
        { Parameters = { new() { Value = run }, new() { Value = RunProgress.Untold } } };
        await sum.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>What this model charged for the texts of a column so far; null when no run tells.</summary>
    /// <param name="column">The column's id.</param>
    /// <param name="model">Provider, host and model count, whatever the dimensions: tokens are the text's.</param>
    /// <param name="cancel">Ends the question.</param>
    public async Task<TokenUsage?> UsageAsync(int column, EmbeddingModel model, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(model);
        await using var command = database.CreateCommand(
            """
            select sum(b.tokens)::bigint, sum(b.bytes)::bigint, array_agg(distinct r.id order by r.id)
              from embedding_admin.run r join embedding_admin.batch b on b.run = r.id
             where r.vector_column = $1 and r.plan ->> 'provider' = $2 and r.plan ->> 'host' = $3 and r.plan ->> 'model' = $4 and b.tokens > 0 and b.bytes > 0
            having count(*) > 0
            """);
        foreach (var value in new object[] { column, model.Provider, model.Host, model.Model })
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new TokenUsage(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<long[]>(2)) : null;
    }

    /// <summary>The rows of a run that were not simply written, by outcome and key; those with nothing to embed come last, behind whatever somebody may have to act on.</summary>
    public async Task<IReadOnlyList<RowResult>> ListedAsync(long run, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "select row_key, outcome, stage, code, message from embedding_admin.row_result where run = $1 order by (outcome = 'emptySource'), outcome, row_key limit $2");
        command.Parameters.Add(new() { Value = run });
        command.Parameters.Add(new() { Value = most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var results = new List<RowResult>();
        while (await reader.ReadAsync(cancel))
            results.Add(new(reader.GetString(0), Receipt.Parse(reader.GetString(1)), await TextAsync(2), await TextAsync(3), await TextAsync(4)));
        return results;

        async Task<string?> TextAsync(int column) => await reader.IsDBNullAsync(column, cancel) ? null : reader.GetString(column);
    }

    /// <summary>What one page came to, or null when it has no row.</summary>
    internal async Task<Receipt?> PageAsync(long run, int no, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"select {string.Join(", ", Receipt.Outcomes.Select(Column))} from embedding_admin.batch where run = $1 and no = $2");
        command.Parameters.Add(new() { Value = run });
        command.Parameters.Add(new() { Value = no });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Receipt.Of([.. Receipt.Outcomes.Select((_, n) => reader.GetInt64(n))]) : null;
    }

    /// <summary>Where the run goes on: behind the highest page below which every page has its row.</summary>
    public async Task<RunCursor> CursorAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            with pages as (select no, pass, last_key, row_number() over (order by no) as place from embedding_admin.batch where run = $1),
                 cursor as (select no, pass, last_key from pages where no = place order by no desc limit 1),
                 gaps as (select n from generate_series(1, (select max(no) from pages)) n where not exists (select from pages where no = n))
            select coalesce((select pass from cursor), 0),
                   -- A page without rows closes a gap and has no key of its own: the one before it counts.
                   (select last_key from pages p where p.no <= (select no from cursor) and p.pass = (select pass from cursor) and last_key is not null order by p.no desc limit 1),
                   coalesce((select max(no) from pages), 0), coalesce((select array_agg(n order by n) from gaps), '{}')
            """);
        command.Parameters.Add(new() { Value = run });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new RunCursor(
            reader.GetInt32(0),
            await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1),
            new PageNumbers(reader.GetFieldValue<int[]>(3), reader.GetInt32(2)));
    }

    /// <summary>
    /// Enters how many rows are still in scope and in no list when the run gives up sweeping: they are not attempted. Entered again, only the
    /// difference counts.
    /// </summary>
    /// <returns>The change of the run's receipt.</returns>
    internal async Task<Receipt> EnterRemainingAsync(Run run, RunLease lease, RunCursor cursor, long remaining, CancellationToken cancel)
    {
        var (receipt, _) = await SumAsync(run.Id, cancel);
        var change = Receipt.Empty.Add(RowOutcome.NotAttempted, remaining - receipt[RowOutcome.NotAttempted]);
        if (change == Receipt.Empty)
            return change;
        await using var session = await TableSession.OpenAsync(database, new DatabasePatience().Statement, run.Id, cancel);
        await lease.FenceAsync(session, cancel);
        await LedgerEntry.WriteAsync(new(run.Id, cursor.Numbers.Next(), cursor.Pass, null, run.Attempt, [], Charge.None) { Unlisted = change }, session, cancel);
        await session.Transaction.CommitAsync(cancel);
        return change;
    }

    /// <summary>
    /// Compares the ledger with what stands beside it: the list of rows that were not simply written, and, for a run that writes, the
    /// stamps: every row that was dealt with is stamped or listed or was current already, and counts once. Null when all agree, else the
    /// sentence that says what does not.
    /// </summary>
    public async Task<string?> ImbalanceAsync(Run run, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (receipt, _) = await SumAsync(run.Id, cancel);
        await using var command = database.CreateCommand(
            """
            select (select count(*) from embedding_admin.stamp where run = $1),
                   (select coalesce(array_agg(outcome order by outcome), '{}') from (select outcome from embedding_admin.row_result where run = $1 group by outcome) o),
                   (select coalesce(array_agg(n order by outcome), '{}') from (select outcome, count(*) as n from embedding_admin.row_result where run = $1 group by outcome) o),
                   (select count(*) from (select row_key from embedding_admin.stamp where run = $1 union select row_key from embedding_admin.row_result where run = $1) d),
                   -- Another run that came between a fault and its retry has stamped rows of this one.
                   (select count(*) from embedding_admin.stamp where vector_column = $2 and run > $1)
            """);
        command.Parameters.Add(new() { Value = run.Id });
        command.Parameters.Add(new() { Value = run.VectorColumn });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var (stamps, dealtWith, taken) = (reader.GetInt64(0), reader.GetInt64(3), reader.GetInt64(4));
        var listed = reader.GetFieldValue<string[]>(1).Zip(reader.GetFieldValue<long[]>(2)).ToDictionary(r => Receipt.Parse(r.First), r => r.Second);
        foreach (var outcome in Receipt.Outcomes.Except([RowOutcome.Written, RowOutcome.AlreadyCurrent, RowOutcome.Unverified, RowOutcome.NotAttempted]))
        {
            if (receipt[outcome] != listed.GetValueOrDefault(outcome))
                return $"The ledger counts {receipt[outcome]} rows as {Receipt.Name(outcome)}; {listed.GetValueOrDefault(outcome)} are listed.";
        }

        // A row that was written and deleted or overwritten later keeps or changes its stamp, so stamps may be fewer only by those.
        var claimed = receipt[RowOutcome.Written] + receipt[RowOutcome.Unverified];
        if (run.Writes && stamps + taken < claimed)
            return $"The ledger counts {claimed} rows as written; {stamps} are stamped by this run.";
        var counted = receipt.Selected - receipt[RowOutcome.AlreadyCurrent] - receipt[RowOutcome.NotAttempted] + listed.GetValueOrDefault(RowOutcome.NotAttempted);
        return counted < dealtWith || counted > dealtWith + taken ? $"The ledger counts {counted} rows that it dealt with; {dealtWith} are stamped or listed." : null;
    }
}
