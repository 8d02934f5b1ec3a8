using System.Globalization;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Testing.Adversary;

/// <summary>
/// Compares what the program says of a run that stands still with what SQL says to a superuser. It believes neither a count nor a verdict: it
/// looks into the rows.
/// </summary>
internal static class WrittenTruth
{
    /// <summary>Everything that is said and is not so, a sentence each.</summary>
    public static async Task<IReadOnlyList<string>> DifferencesAsync(AdversarySite site, long id, CancellationToken cancel)
    {
        var found = new List<string>();
        var ledger = site.Watcher.GetRequiredService<Ledger>();
        var shown = (await site.Watcher.GetRequiredService<RunStore>().SnapshotAsync(id, cancel))!;
        var (receipt, _) = await ledger.SumAsync(id, cancel);
        var (written, open) = await ClaimsAsync(site, id, found, cancel);
        Check(receipt[RowOutcome.Written] == written, $"The receipt of run {id} counts {receipt[RowOutcome.Written]} rows as written; {written} are stamped, read back and not listed.");
        Check(receipt[RowOutcome.Unverified] == open, $"The receipt of run {id} counts {receipt[RowOutcome.Unverified]} rows as not read back; {open} are stamped so.");
        Check(shown.Receipt[RowOutcome.Written] == written, $"The dashboard shows {shown.Receipt[RowOutcome.Written]} rows of run {id} as written; {written} are.");
        var others = await site.Database.ScalarAsync<long>(string.Create(CultureInfo.InvariantCulture,
            $"select count(*) from stories t where embedding is not null and not exists (select from embedding_admin.stamp s where s.run = {id} and s.row_key = t.id::text)"), cancel);
        Check(receipt[RowOutcome.AlreadyCurrent] <= others, $"The receipt of run {id} counts {receipt[RowOutcome.AlreadyCurrent]} rows as current already; only {others} rows that are not its own have any vector.");
        if (await ledger.ImbalanceAsync(shown.Run, cancel) is { } imbalance)
            found.Add($"Run {id} does not balance: {imbalance}");
        if (shown.Run.Verdict == Verdict.Verified)
            found.AddRange((await RowsAsync(site, "true", cancel)).Select(row => $"Run {id} is called verified. {row}"));
        return found;

        void Check(bool holds, string difference)
        {
            if (!holds)
                found.Add(difference);
        }
    }

    /// <summary>Every row whose vector is not that of its own text, as a sentence.</summary>
    public static async Task<IReadOnlyList<string>> RowsAsync(AdversarySite site, string where, CancellationToken cancel)
    {
        var rows = new List<StoredRow>();
        await using var command = site.Database.DataSource.CreateCommand($"select id::text, title, content, embedding::real[] from stories where {where}");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            rows.Add(await ReadAsync(reader, 0, cancel));
        return Oracle.Differences(rows);
    }

    /// <summary>Everything in the table but the vectors.</summary>
    public static Task<string?> OtherColumnsAsync(AdversarySite site, CancellationToken cancel) =>
        site.Database.ScalarAsync<string>("select md5(string_agg(md5(row(id, title, content, likes)::text), '' order by id)) from stories", cancel);

    /// <summary>The rows that the run claims: those of pages that were read back, and the others.</summary>
    private static async Task<(long Written, long Open)> ClaimsAsync(AdversarySite site, long id, List<string> found, CancellationToken cancel)
    {
        var (claimed, open) = (new List<StoredRow>(), 0L);
        await using var command = site.Database.DataSource.CreateCommand(string.Create(CultureInfo.InvariantCulture,
            $"""
            select b.unverified > 0, t.id::text, t.title, t.content, t.embedding::real[]
              from embedding_admin.stamp s join embedding_admin.batch b on b.run = s.run and b.no = s.page join stories t on t.id::text = s.row_key
             where s.run = {id} and not exists (select from embedding_admin.row_result x where x.run = s.run and x.row_key = s.row_key)
            """));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (reader.GetBoolean(0))
                open++;
            else
                claimed.Add(await ReadAsync(reader, 1, cancel));
        }

        found.AddRange(Oracle.Differences(claimed).Select(difference => $"Run {id} counts a row as written, and it is not: {difference}"));
        return (claimed.Count, open);
    }

    private static async Task<StoredRow> ReadAsync(NpgsqlDataReader reader, int first, CancellationToken cancel) => new(
        reader.GetString(first), $"{reader.GetString(first + 1)}\n{reader.GetString(first + 2)}", await reader.IsDBNullAsync(first + 3, cancel) ? null : reader.GetFieldValue<float[]>(first + 3));
}
