using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Writing;

/// <summary>
/// Writes over the database connection: one short transaction that checks the lease, locks the rows in order, updates them only while
/// their text is the same, stamps them and enters the page in the ledger as unverified; then a second statement, after the commit,
/// compares what is in the rows with what the stamps claim, and only what it finds there is counted as written.
/// </summary>
public sealed class PostgresWriter(NpgsqlDataSource database, Target target, int column, int attempt, TimeProvider clock) : IRowWriter
{
    /// <summary>How long the database is waited for.</summary>
    internal DatabasePatience Patience { get; init; } = new();

    private ReadBack ReadBack => field ??= new(database, target, column, attempt, Patience, clock);

    /// <inheritdoc/>
    public async Task<Applied> WriteAsync(WriteBatch batch, RunLease lease, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(lease);
        Applied applied;
        try
        {
            applied = await CommitAsync(batch, lease, cancel);
        }
        catch (WriteBlockedException blocked)
        {
            await EnterBlockedAsync(batch, blocked, lease, cancel);
            throw blocked.Reason;
        }

        if (!applied.Entered)
            return applied;
        var keys = batch.Rows.Where(row => !applied.Left.Contains(row.Key)).Select(row => row.Key).ToArray();
        return applied with { Receipt = applied.Receipt + await ReadBack.RunAsync(lease, [batch.No], keys, cancel) };
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

        return pages.Count == 0 ? Receipt.Empty : await ReadBack.RunAsync(lease, pages, null, cancel);
    }

    /// <summary>Tries until the page is entered, or cannot be for now. What Npgsql calls transient is a lock, a deadlock or a lost connection; after each the ledger says whether the page was committed.</summary>
    private async Task<Applied> CommitAsync(WriteBatch batch, RunLease lease, CancellationToken cancel)
    {
        var trial = new WriteAttempt(batch);
        while (true)
        {
            try
            {
                var applied = await CommitOnceAsync(trial, lease, cancel);
                return applied.Entered && trial.Batch.Rows.Count < batch.Rows.Count
                    ? applied with { Hindrance = Hindrance.RowsLocked, Left = batch.Rows.Select(row => row.Key).Except(Keys(trial.Batch), StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal) }
                    : applied;
            }
            catch (NpgsqlException fault)
            {
                if (trial.After(fault) is { } end)
                    return end;
            }

            await Task.Delay(trial.Pause(Random.Shared.NextDouble()), clock, cancel);
        }
    }

    private async Task<Applied> CommitOnceAsync(WriteAttempt trial, RunLease lease, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, Patience.Statement, lease.Run, cancel, Patience.Lock);
        var rows = new RowUpdate(target, session);
        trial.Locking = true;
        await lease.FenceAsync(session, cancel);
        var locked = await LockAsync(trial, rows, cancel);
        trial.Locking = false;
        if (trial.Batch.Rows.Count > 0 && target.Frozen is { } frozen)
            await frozen.RefuseDriftAsync(target.Table, session, cancel);
        var began = clock.GetTimestamp();

        // A commit whose answer was lost is looked up, never repeated.
        var batch = trial.Batch;
        if (await new Ledger(database).PageAsync(lease.Run, batch.No, cancel) is { } known)
            return new(known) { Failed = known[RowOutcome.Failed], TooLong = known[RowOutcome.TooLong] };
        trial.NothingCommitted();
        if (locked.Count > 0)
            batch = batch with { Rows = [.. batch.Rows.Where(row => !locked.Contains(row.Key))] };
        if (locked.Count > 0 && batch.Rows.Count == 0)
            return Applied.Nothing(Hindrance.RowsLocked);

        var results = await UpdateAsync(batch, trial.Careful, rows, session, cancel);
        var blocked = results.FindAll(result => result.Outcome == RowOutcome.Blocked);
        if (blocked.Count > 0)
        {
            await session.Transaction.RollbackAsync(cancel);
            throw new WriteBlockedException(blocked, new(ErrorCodes.WriteSwallowed, BlockedSentence(blocked.Count)));
        }

        var receipt = await EnterAsync(batch, results, lease, session, cancel);
        trial.Commits(batch);
        await session.Transaction.CommitAsync(cancel);
        return Applied.Of(receipt, [.. results, .. batch.Settled]) with { Took = clock.GetElapsedTime(began) };
    }

    /// <summary>Locks the rows, and returns those that somebody else has locked, where only the others are meant.</summary>
    private async Task<HashSet<string>> LockAsync(WriteAttempt trial, RowUpdate rows, CancellationToken cancel)
    {
        if (trial.Batch.Rows.Count == 0)
            return [];
        try
        {
            if (trial.OnlyFree)
                return await rows.LockFreeAsync(Keys(trial.Batch), cancel);
            await rows.LockAsync(Keys(trial.Batch), cancel);
            return [];
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Refused(trial.Batch, refused);
        }
    }

    private async Task<List<RowResult>> UpdateAsync(WriteBatch batch, bool careful, RowUpdate rows, TableSession session, CancellationToken cancel)
    {
        try
        {
            return careful
                ? await new PoisonHunt(session, some => rows.UpdateAsync(some, batch.Overwrite, cancel)).RunAsync(batch.Rows, cancel)
                : await rows.UpdateAsync(batch.Rows, batch.Overwrite, cancel);
        }
        // A right that one row lacks in its trigger is that row's; it is what all rows lack that blocks.
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.FeatureNotSupported
            || (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege && (careful || batch.Rows.Count == 1)))
        {
            throw Refused(batch, refused);
        }
    }

    private async Task<Receipt> EnterAsync(
        WriteBatch batch, List<RowResult> written, RunLease lease, TableSession session, CancellationToken cancel)
    {
        var again = await AgainAsync([.. written, .. batch.Settled], lease, session, cancel);
        var rows = batch.Rows.ToDictionary(row => row.Key, StringComparer.Ordinal);
        var stamped = written.Where(result => result.Outcome == RowOutcome.Unverified).Select(result => rows[result.Key]).ToArray();
        if (stamped.Length > 0)
        {
            await using var stamps = session.Command(
                """
                insert into embedding_admin.stamp (vector_column, row_key, made_from, text_hash, vector_hash, run, page, xid)
                select $1, u.k, $2, u.th, u.vh, $3, $4, pg_current_xact_id() from unnest($5, $6, $7) as u(k, th, vh)
                on conflict (vector_column, row_key) do update
                   set made_from = excluded.made_from, text_hash = excluded.text_hash, vector_hash = excluded.vector_hash, run = excluded.run, page = excluded.page, xid = excluded.xid, at = clock_timestamp()
                """,
                column, batch.MadeFrom, lease.Run, batch.No,
                stamped.Select(row => row.Key).ToArray(), stamped.Select(row => row.TextHash).ToArray(), stamped.Select(row => VectorBinary.Hash(row.Vector, target.HalfPrecision)).ToArray());
            await stamps.ExecuteNonQueryAsync(cancel);
        }

        return await LedgerEntry.WriteAsync(
            new LedgerEntry(lease.Run, batch.No, batch.Pass, batch.LastKey, attempt, [.. written, .. batch.Settled], batch.Charge) { Unlisted = again }, session, cancel);
    }

    /// <summary>
    /// What it undoes that rows which this run has written already are dealt with again: somebody took their vector away, or edited them. A
    /// vector that somebody else has put there since is not ours to claim.
    /// </summary>
    private async Task<Receipt> AgainAsync(IReadOnlyList<RowResult> rows, RunLease lease, TableSession session, CancellationToken cancel)
    {
        if (rows.Count == 0)
            return Receipt.Empty;
        await using var count = session.Command(
            """
            select count(*) from embedding_admin.stamp s
             where s.vector_column = $1 and s.run = $2 and s.row_key = any($3) and not exists (select from embedding_admin.row_result x where x.run = $2 and x.row_key = s.row_key)
            """,
            column, lease.Run, rows.Select(row => row.Key).ToArray());
        var before = (long)(await count.ExecuteScalarAsync(cancel))!;
        if (before > 0)
        {
            await using var foreign = session.Command(
                "delete from embedding_admin.stamp where vector_column = $1 and run = $2 and row_key = any($3)",
                column, lease.Run, rows.Where(row => row.Outcome == RowOutcome.AlreadyCurrent).Select(row => row.Key).ToArray());
            await foreign.ExecuteNonQueryAsync(cancel);
        }

        return Receipt.Empty.Add(RowOutcome.Written, -before);
    }

    /// <summary>The page was rolled back; what is true of it is that these rows were blocked. The others are found again by the sweep of a retry.</summary>
    private async Task EnterBlockedAsync(WriteBatch batch, WriteBlockedException blocked, RunLease lease, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, Patience.Statement, lease.Run, cancel);
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
