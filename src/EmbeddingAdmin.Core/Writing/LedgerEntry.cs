using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Writing;

/// <summary>
/// One page on its way into the ledger, with the list of its rows that were not simply written. A row that was listed before and is
/// taken again leaves its old outcome: the page counts −1 there, so that the sums count every row once.
/// </summary>
internal sealed record LedgerEntry(long Run, int No, int Pass, string? LastKey, int Attempt, IReadOnlyList<RowResult> Rows, Charge Charge)
{
    /// <summary>Counts that stand in no list: rows that were never come to, and rows written before that are dealt with again.</summary>
    public Receipt Unlisted { get; init; } = Receipt.Empty;

    /// <summary>Rows whose text was embedded again only to be compared.</summary>
    public long Compared { get; init; }

    public static async Task<Receipt> WriteAsync(LedgerEntry entry, TableSession session, CancellationToken cancel)
    {
        var receipt = entry.Rows.Aggregate(Receipt.Empty, (sum, row) => sum.Add(row.Outcome))
            + await RetakeAsync(entry.Run, entry.Attempt, entry.Rows, session, cancel) + entry.Unlisted;
        var names = string.Join(", ", Receipt.Outcomes.Select(Ledger.Column));
        var values = string.Join(", ", Receipt.Outcomes.Select((_, n) => $"${n + 9}"));
        await using var insert = session.Command(
            $"insert into embedding_admin.batch (run, no, pass, last_key, tokens, bytes, cost, compared, {names}) values ($1, $2, $3, $4, $5, $6, $7, $8, {values})",
            entry.Run, entry.No, entry.Pass, entry.LastKey, entry.Charge.Tokens, entry.Charge.Bytes,
            new NpgsqlParameter { Value = entry.Charge.Cost ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Numeric }, entry.Compared);
        foreach (var outcome in Receipt.Outcomes)
            insert.Parameters.Add(new() { Value = receipt[outcome] });
        await insert.ExecuteNonQueryAsync(cancel);
        return receipt;
    }

    /// <summary>Moves a page's rows from unverified to what was found of them; nothing, when somebody did so before.</summary>
    public static async Task<Receipt> ConfirmAsync(
        long run, int no, int attempt, IReadOnlyList<RowResult> rows, TableSession session, CancellationToken cancel)
    {
        var change = rows.Aggregate(Receipt.Empty, (sum, row) => sum.Add(row.Outcome)).Add(RowOutcome.Unverified, -rows.Count);
        var sets = string.Join(", ", Receipt.Outcomes.Select((outcome, n) => $"{Ledger.Column(outcome)} = {Ledger.Column(outcome)} + ${n + 3}"));
        await using var update = session.Command($"update embedding_admin.batch set {sets} where run = $1 and no = $2 and unverified >= {rows.Count}", run, no);
        foreach (var outcome in Receipt.Outcomes)
            update.Parameters.Add(new() { Value = change[outcome] });
        if (await update.ExecuteNonQueryAsync(cancel) == 0)
            return Receipt.Empty;
        await ListAsync(run, attempt, [.. rows.Where(row => row.IsListed)], session, cancel);
        return change;
    }

    /// <summary>Takes the rows out of the list where they stand in it, lists those that belong there now, and returns what that undoes.</summary>
    private static async Task<Receipt> RetakeAsync(
        long run, int attempt, IReadOnlyList<RowResult> rows, TableSession session, CancellationToken cancel)
    {
        var undone = Receipt.Empty;
        await using (var before = session.Command(
            "select outcome, count(*) from embedding_admin.row_result where run = $1 and row_key = any($2) group by outcome", run, rows.Select(row => row.Key).ToArray()))
        await using (var reader = await before.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                undone = undone.Add(Receipt.Parse(reader.GetString(0)), -reader.GetInt64(1));
        }

        var settled = rows.Where(row => !row.IsListed).Select(row => row.Key).ToArray();
        if (undone != Receipt.Empty && settled.Length > 0)
        {
            await using var delete = session.Command("delete from embedding_admin.row_result where run = $1 and row_key = any($2)", run, settled);
            await delete.ExecuteNonQueryAsync(cancel);
        }

        await ListAsync(run, attempt, [.. rows.Where(row => row.IsListed)], session, cancel);
        return undone;
    }

    private static async Task ListAsync(
        long run, int attempt, IReadOnlyList<RowResult> rows, TableSession session, CancellationToken cancel)
    {
        if (rows.Count == 0)
            return;
        await using var insert = session.Command(
            """
            insert into embedding_admin.row_result as r (run, row_key, outcome, stage, code, message, attempt)
            select $1, u.key, u.outcome, u.stage, u.code, u.message, $2 from unnest($3, $4, $5, $6, $7) as u(key, outcome, stage, code, message)
            on conflict (run, row_key) do update set outcome = excluded.outcome, stage = excluded.stage, code = excluded.code, message = excluded.message,
               attempt = excluded.attempt, tries = r.tries + 1, at = clock_timestamp()
            """,
            run, attempt, rows.Select(row => row.Key).ToArray(), rows.Select(row => Receipt.Name(row.Outcome)).ToArray(),
            rows.Select(row => row.Stage).ToArray(), rows.Select(row => row.Code).ToArray(), rows.Select(row => row.Message).ToArray());
        await insert.ExecuteNonQueryAsync(cancel);
    }
}
