using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using Npgsql;
using NpgsqlTypes;
using Polly;
using Polly.Retry;

namespace EmbeddingAdmin.Writing;

/// <summary>
/// Writes over the database connection: one short transaction that checks the lease, locks the rows in order, updates them only while
/// their text is the same, stamps them and enters the page in the ledger as unverified; then a second statement, after the commit,
/// compares what is in the rows with what the stamps claim, and only what it finds there is counted as written.
/// </summary>
public sealed class PostgresWriter(NpgsqlDataSource database, Target target, int column, int attempt, TimeProvider clock) : IRowWriter
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    private readonly ResiliencePipeline _retry = new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 4,
            Delay = TimeSpan.FromMilliseconds(100),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            // What Npgsql calls transient is a lock, a deadlock or a lost connection; after each the ledger says whether the page was committed.
            ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(fault => fault.IsTransient && !DatabaseFaults.IsForSomebody(fault)),
        })
        .Build();

    /// <inheritdoc/>
    public async Task<Receipt> WriteAsync(WriteBatch batch, RunLease lease, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(lease);
        Receipt committed;
        try
        {
            committed = await _retry.ExecuteAsync(
                static async (state, token) => await state.writer.CommitOnceAsync(state.batch, state.lease, token), (writer: this, batch, lease), cancel);
        }
        catch (WriteBlockedException blocked)
        {
            await EnterBlockedAsync(batch, blocked, lease, cancel);
            throw blocked.Reason;
        }

        return committed + await ReadBackPagesAsync(lease, [batch.No], [.. batch.Rows.Select(row => row.Key)], cancel);
    }

    /// <inheritdoc/>
    public async Task<Receipt> ReadBackAsync(RunLease lease, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(lease);
        await using var command = database.CreateCommand("select no from embedding_admin.batch where run = $1 and unverified > 0 order by no");
        command.Parameters.Add(new() { Value = lease.Run });
        var pages = new List<int>();
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                pages.Add(reader.GetInt32(0));
        }

        return pages.Count == 0 ? Receipt.Empty : await ReadBackPagesAsync(lease, pages, null, cancel);
    }

    private async Task<Receipt> CommitOnceAsync(WriteBatch batch, RunLease lease, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, lease.Run, cancel);
        await LockAsync(batch, lease, session, cancel);

        // A commit whose answer was lost is looked up, never repeated.
        if (await new Ledger(database).PageAsync(lease.Run, batch.No, cancel) is { } known)
            return known;

        var results = await UpdateAsync(batch, session, cancel);
        var blocked = results.FindAll(result => result.Outcome == RowOutcome.Blocked);
        if (blocked.Count > 0)
        {
            await session.Transaction.RollbackAsync(cancel);
            throw new WriteBlockedException(blocked, new(ErrorCodes.WriteSwallowed, BlockedSentence(blocked.Count)));
        }

        var receipt = await EnterAsync(batch, results, lease, session, cancel);
        await session.Transaction.CommitAsync(cancel);
        return receipt;
    }

    private async Task LockAsync(WriteBatch batch, RunLease lease, TableSession session, CancellationToken cancel)
    {
        await lease.FenceAsync(session, cancel);
        if (batch.Rows.Count == 0)
            return;
        // In one order, so that two writers never wait for each other; FOR NO KEY UPDATE lets the app insert rows that refer to these.
        await using var rows = session.Command(
            $"select 1 from {target.Relation} t where t.{target.Key} = any($1::{target.KeyType}[]) order by t.{target.Key} for no key update", (object)Keys(batch));
        try
        {
            await rows.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Refused(batch, refused);
        }

        if (target.Frozen is { } frozen)
            await frozen.RefuseDriftAsync(target.Table, session, cancel);
    }

    /// <summary>The conditional update, and for each row that it did not change the reason.</summary>
    private async Task<List<RowResult>> UpdateAsync(WriteBatch batch, TableSession session, CancellationToken cancel)
    {
        var results = new List<RowResult>(batch.Rows.Count);
        if (batch.Rows.Count == 0)
            return results;
        var hashes = batch.Rows.Select(row => row.TextHash).ToArray();
        await using var update = session.Command(
            $"""
            update {target.Relation} t set {target.Vector} = {target.AsColumn("u.v")}
              from unnest($1::{target.KeyType}[], $2, $3) as u(k, h, v)
             where t.{target.Key} = u.k and {target.Text.Hash} = u.h and ($4 or t.{target.Vector} is null)
            returning t.{target.Key}::text, coalesce(t.{target.Vector} {target.VectorEquals} {target.AsColumn("u.v")}, false)
            """,
            Keys(batch), hashes,
            new NpgsqlParameter { Value = batch.Rows.Select(row => row.Vector).ToArray(), DataTypeName = $"{target.Facts.VectorSchema}.vector[]" },
            batch.Overwrite);
        var updated = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await using var reader = await update.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                var key = reader.GetString(0);
                updated.Add(key);
                results.Add(new(key, reader.GetBoolean(1) ? RowOutcome.Unverified : RowOutcome.Blocked));
            }
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.FeatureNotSupported)
        {
            throw Refused(batch, refused);
        }

        if (updated.Count == batch.Rows.Count)
            return results;
        await using var triage = session.Command(
            $"""
            select u.k::text, t.{target.Key} is not null, t.{target.Key} is not null and {target.Text.Hash} = u.h, t.{target.Vector} is not null
              from unnest($1::{target.KeyType}[], $2) as u(k, h) left join {target.Relation} t on t.{target.Key} = u.k
            """,
            Keys(batch), hashes);
        await using var missed = await triage.ExecuteReaderAsync(cancel);
        while (await missed.ReadAsync(cancel))
        {
            var key = missed.GetString(0);
            if (updated.Contains(key))
                continue;
            results.Add((there: missed.GetBoolean(1), sameText: missed.GetBoolean(2), hasVector: missed.GetBoolean(3)) switch
            {
                (there: false, _, _) => new(key, RowOutcome.Deleted),
                (_, sameText: false, _) => new(key, RowOutcome.Changed, Message: "The text was edited between reading and writing."),
                (_, _, hasVector: true) when !batch.Overwrite => new(key, RowOutcome.AlreadyCurrent),
                _ => new(key, RowOutcome.Blocked),
            });
        }

        return results;
    }

    private async Task<Receipt> EnterAsync(
        WriteBatch batch, List<RowResult> written, RunLease lease, TableSession session, CancellationToken cancel)
    {
        var rows = batch.Rows.ToDictionary(row => row.Key, StringComparer.Ordinal);
        var stamped = written.Where(result => result.Outcome == RowOutcome.Unverified).Select(result => rows[result.Key]).ToArray();
        if (stamped.Length > 0)
        {
            await using var stamps = session.Command(
                """
                insert into embedding_admin.stamp (vector_column, row_key, made_from, text_hash, vector_hash, run, page)
                select $1, u.k, $2, u.th, u.vh, $3, $4 from unnest($5, $6, $7) as u(k, th, vh)
                on conflict (vector_column, row_key) do update
                   set made_from = excluded.made_from, text_hash = excluded.text_hash, vector_hash = excluded.vector_hash, run = excluded.run, page = excluded.page, at = clock_timestamp()
                """,
                column, batch.MadeFrom, lease.Run, batch.No,
                stamped.Select(row => row.Key).ToArray(), stamped.Select(row => row.TextHash).ToArray(), stamped.Select(row => VectorBinary.Hash(row.Vector, target.HalfPrecision)).ToArray());
            await stamps.ExecuteNonQueryAsync(cancel);
        }

        return await LedgerEntry.WriteAsync(
            new LedgerEntry(lease.Run, batch.No, batch.Pass, batch.LastKey, attempt, [.. written, .. batch.Settled], batch.Charge), session, cancel);
    }

    /// <summary>
    /// Compares the rows of committed pages with their stamps, on another snapshot than the one that wrote them, and enters what it
    /// finds: the same vector is written, another or none is reverted, no row is deleted.
    /// </summary>
    private async Task<Receipt> ReadBackPagesAsync(RunLease lease, IReadOnlyList<int> pages, string[]? keys, CancellationToken cancel)
    {
        if (keys is { Length: 0 })
            return Receipt.Empty;
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, lease.Run, cancel);
        var found = new List<(int Page, RowResult Row)>();
        await using (var look = session.Command(
            $"""
            select s.page, s.row_key, t.{target.Key} is not null,
                   coalesce(sha256({target.Bytes($"t.{target.Vector}")}) = s.vector_hash, false)
              from embedding_admin.stamp s left join {target.Relation} t on t.{target.Key} = s.row_key::{target.KeyType}
             where s.vector_column = $1 and s.run = $2 and s.page = any($3) and ($4::text[] is null or s.row_key = any($4))
            """,
            column, lease.Run, pages.ToArray(), new NpgsqlParameter { Value = keys ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }))
        await using (var reader = await look.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var outcome = !reader.GetBoolean(2) ? RowOutcome.Deleted : reader.GetBoolean(3) ? RowOutcome.Written : RowOutcome.Reverted;
                found.Add((reader.GetInt32(0), new(reader.GetString(1), outcome, Message: outcome == RowOutcome.Reverted ? "The vector was committed, and the row holds another value, or none." : null)));
            }
        }

        var change = Receipt.Empty;
        await lease.FenceAsync(session, cancel);
        foreach (var page in found.GroupBy(row => row.Page))
            change += await LedgerEntry.ConfirmAsync(lease.Run, page.Key, attempt, [.. page.Select(row => row.Row)], session, cancel);
        await session.Transaction.CommitAsync(cancel);
        return change;
    }

    /// <summary>The page was rolled back; what is true of it is that these rows were blocked. The others are found again by the sweep of a retry.</summary>
    private async Task EnterBlockedAsync(WriteBatch batch, WriteBlockedException blocked, RunLease lease, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, lease.Run, cancel);
        await lease.FenceAsync(session, cancel);
        var rows = blocked.Rows.Select(row => row with { Code = blocked.Reason.Code, Stage = "database", Message = blocked.Reason.Message });
        await LedgerEntry.WriteAsync(new(lease.Run, batch.No, batch.Pass, batch.LastKey, attempt, [.. rows, .. batch.Settled], batch.Charge), session, cancel);
        await session.Transaction.CommitAsync(cancel);
    }

    private WriteBlockedException Refused(WriteBatch batch, PostgresException refused) =>
        new([.. batch.Rows.Select(row => new RowResult(row.Key, RowOutcome.Blocked))], 
            // A rule that replaces the update cannot return its rows, and Postgres says that this is not supported.
            refused.SqlState == PostgresErrorCodes.FeatureNotSupported ? new(ErrorCodes.WriteSwallowed, BlockedSentence(batch.Rows.Count)) : Access.WriteRefusal.Explain(target, refused));

    private string BlockedSentence(int rows) =>
        $"The database took the update of {rows} rows of {target.Table.Schema}.{target.Table.Table}, and the vectors are not in the rows. The page was rolled back. "
        + (target.Facts.UpdateTriggers.Count > 0
            ? $"Look at the triggers that an update fires: {string.Join(", ", target.Facts.UpdateTriggers)}."
            : "Look for rules on the table, and for a view that hides the rows.");

    private static string[] Keys(WriteBatch batch) => [.. batch.Rows.Select(row => row.Key)];
}

/// <summary>Rows of a page could not be written for a reason that holds for all of its kind; the page was rolled back.</summary>
internal sealed class WriteBlockedException(IReadOnlyList<RowResult> rows, EmbeddingAdminException reason) : Exception(reason.Message, reason)
{
    public IReadOnlyList<RowResult> Rows { get; } = rows;

    public EmbeddingAdminException Reason { get; } = reason;
}
