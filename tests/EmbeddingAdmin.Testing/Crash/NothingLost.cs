using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>
/// The oracle <em>nothing lost</em>, asked when a run has succeeded in spite of its faults. It believes nothing that the product says:
/// it reads the table, the ledger and the provider's own count, and compares them with what the app knows of its rows.
/// </summary>
internal sealed class NothingLost(CrashSite site, long run)
{
    private readonly List<string> _violations = [];
    private readonly List<Found> _found = [];

    /// <summary>Everything that is wrong, a sentence each.</summary>
    /// <param name="site">Where it was tried.</param>
    /// <param name="run">The run.</param>
    /// <param name="faults">The faults that struck.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<string>> DifferencesAsync(CrashSite site, long run, int faults, CancellationToken cancel)
    {
        var oracle = new NothingLost(site, run);
        await oracle.ReadAsync(cancel);
        oracle.CompareVectors();
        await oracle.CompareArrivalsAsync(cancel);
        await oracle.CompareAddedAsync(cancel);
        oracle.CompareOtherColumns();
        await oracle.CompareLedgerAsync(cancel);
        await oracle.CompareCoverageAsync(cancel);
        await oracle.CompareCallsAsync(faults, cancel);
        await oracle.LookForSecretsAsync(cancel);
        return oracle._violations;
    }

    /// <summary>What is wrong when the app has been quiet since before the run began: every vector has to be that of its row's text.</summary>
    public static async Task<IReadOnlyList<string>> DifferencesAtRestAsync(CrashSite site, long run, CancellationToken cancel)
    {
        site.Table.Touched.Clear();
        var oracle = new NothingLost(site, run);
        await oracle.ReadAsync(cancel);
        oracle.CompareVectors();
        await oracle.CompareArrivalsAsync(cancel);
        oracle.CompareOtherColumns();
        await oracle.CompareCoverageAsync(cancel);
        return oracle._violations;
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        await using var command = site.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand($"select id, title, content, likes, embedding from {AppTable.Name} order by id");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            _found.Add(new(
                reader.GetInt64(0),
                new(await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1), await reader.IsDBNullAsync(2, cancel) ? null : reader.GetString(2), reader.GetInt32(3)),
                await reader.IsDBNullAsync(4, cancel) ? null : reader.GetFieldValue<ReadOnlyMemory<float>>(4).ToArray()));
        }
    }

    /// <summary>Every vector is the one of its row's text, bit for bit; a row that the app changed after its vector was written may have that of an older text of its own, and one that it has just made may have none.</summary>
    private void CompareVectors()
    {
        foreach (var row in _found)
        {
            var touched = site.Table.Touched.Contains(row.Key);
            if (row.App.Text.Length == 0)
                Check(row.Vector is null || touched, $"Row {row.Key} has no text and has a vector.");
            else if (touched)
                Check(row.Vector is null || site.Table.TextsOf(row.Key).Any(text => text.Length > 0 && Oracle.Difference(new($"{row.Key}", text, row.Vector)) is null), $"Row {row.Key} has a vector that belongs to no text that it ever had.");
            else if (Oracle.Difference(new($"{row.Key}", row.App.Text, row.Vector)) is { } difference)
                _violations.Add(difference);
        }
    }

    /// <summary>At the moment at which it arrived, too, each vector belonged to the text that stood in its row then.</summary>
    private async Task CompareArrivalsAsync(CancellationToken cancel)
    {
        await using var command = site.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("select id, title, content, vector from lab.arrival");
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var text = new AppRow(await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1), await reader.IsDBNullAsync(2, cancel) ? null : reader.GetString(2), 0).Text;
                if (Oracle.Difference(new($"{reader.GetInt64(0)}", text, reader.GetFieldValue<ReadOnlyMemory<float>>(3).ToArray())) is { } difference)
                    _violations.Add($"When it was written: {difference}");
            }
        }

        var again = await site.ScalarAsync<long>("select count(*) from (select from lab.arrival group by id, title, content having count(*) > 1) as again", cancel);
        Check(again == 0, $"{again} rows were given a vector of the same text twice.");
    }

    /// <summary>The last sweep begins after the last page, so it finds whatever the app added before that, also behind the cursor.</summary>
    private async Task CompareAddedAsync(CancellationToken cancel)
    {
        if (await SweptOutAsync(cancel))
            return;
        var last = await site.ScalarAsync<DateTime?>($"select max(at) from embedding_admin.batch where run = {run}", cancel);
        foreach (var row in _found.Where(row => row.Vector is null && row.App.Text.Length > 0 && site.Table.Added.TryGetValue(row.Key, out var at) && at < last))
            _violations.Add($"Row {row.Key} was added while the run went on, and the run did not find it.");
    }

    private void CompareOtherColumns()
    {
        var rows = _found.ToDictionary(row => row.Key, row => row.App);
        Check(rows.Count == site.Table.Rows.Count, $"The table has {rows.Count} rows; the app made {site.Table.Rows.Count}.");
        foreach (var (key, row) in site.Table.Rows)
            Check(rows.TryGetValue(key, out var found) && found == row, $"Row {key} is not as the app left it.");
    }

    private async Task CompareLedgerAsync(CancellationToken cancel)
    {
        var record = await site.FindAsync(run, cancel);
        var ledger = site.Services.GetRequiredService<Ledger>();
        var (receipt, _) = await ledger.SumAsync(run, cancel);
        if (await ledger.ImbalanceAsync(record, cancel) is { } imbalance)
            _violations.Add(imbalance);
        foreach (var outcome in (RowOutcome[])[RowOutcome.Unverified, RowOutcome.Blocked, RowOutcome.Reverted, RowOutcome.Failed, RowOutcome.TooLong, RowOutcome.NotAttempted])
        {
            // An app that adds rows faster than the sweeps come has some that are left for the next run, and counted as such.
            if (outcome != RowOutcome.NotAttempted || !await SweptOutAsync(cancel))
                Check(receipt[outcome] == 0, $"{receipt[outcome]} rows are {Receipt.Name(outcome)}.");
        }

        // Whatever the run took it wrote, and stamped; or it is listed. Nothing is both, and nothing is counted twice.
        var taken = await site.ScalarAsync<long>(
            $"select count(*) from (select row_key from embedding_admin.stamp where run = {run} union select row_key from embedding_admin.row_result where run = {run}) as taken", cancel);
        Check(receipt.Selected - receipt[RowOutcome.AlreadyCurrent] == taken, $"The outcomes add up to {receipt.Selected} ({receipt}); {taken} rows were taken.");
        if (site.Plan.AppChanges == 0)
        {
            var texts = site.Table.Rows.Values.Count(row => row.Text.Length > 0);
            Check(receipt[RowOutcome.Written] == texts, $"{receipt[RowOutcome.Written]} rows are counted as written; {texts} have a text.");
            Check(receipt.Selected == site.Plan.Rows && record.ScopeRows == site.Plan.Rows, $"{receipt.Selected} rows were selected, {record.ScopeRows} were in scope at the start; the table has {site.Plan.Rows}.");
            Check(record.Verdict == Verdict.Verified, $"The verdict is {record.Verdict}.");
        }

        var progress = (await site.Store.SnapshotAsync(run, cancel))!.Progress.Receipt;
        Check(progress.Equals(receipt), $"The progress row says {progress}; the ledger says {receipt}.");
    }

    private async Task CompareCoverageAsync(CancellationToken cancel)
    {
        var table = site.Services.GetRequiredService<TableCatalog>().Tables[0];
        var coverage = await site.Services.GetRequiredService<CoverageReader>().ReadAsync(table, TimeSpan.Zero, cancel);
        var counts = _found.CountBy(State).ToDictionary();
        Check(coverage.Total == _found.Count, $"Coverage counts {coverage.Total} rows; there are {_found.Count}.");
        Check(coverage.Embedded == _found.Count(row => row.Vector is not null), $"Coverage counts {coverage.Embedded} vectors; there are {_found.Count(row => row.Vector is not null)}.");
        foreach (var (state, count) in coverage.States)
            Check(count == counts.GetValueOrDefault(state), $"Coverage counts {count} rows as {state}; there are {counts.GetValueOrDefault(state)}.");

        CoverageState State(Found row) => row switch
        {
            { Vector: null } => row.App.Text.Length == 0 ? CoverageState.EmptySource : CoverageState.Missing,
            _ when Oracle.Difference(new("", row.App.Text, row.Vector)) is null => CoverageState.Fresh,
            _ when site.Table.TextsOf(row.Key).Any(text => Oracle.Difference(new("", text, row.Vector)) is null) => CoverageState.StaleText,
            _ => CoverageState.Unstamped,
        };
    }

    /// <summary>A text is sent again only when a fault took the page that it was in, and not more pages are in hand than there are hands.</summary>
    private async Task CompareCallsAsync(int faults, CancellationToken cancel)
    {
        // Eight with the provider or done and waiting, two on the way to the writers, two with them.
        const int PagesInHand = 12;
        var taken = await site.ScalarAsync<long>($"select token from embedding_admin.run_lease where run = {run}", cancel);
        var most = 1 + Math.Max(faults, taken - 1);
        foreach (var (key, row) in site.Table.Rows.Where(row => row.Value.Text.Length > 0 && !site.Table.Touched.Contains(row.Key)))
        {
            var sent = site.Provider.Counts.Seen(row.Text);
            Check(sent >= 1 && sent <= most, $"The text of row {key} was sent {sent} times; {faults} faults struck and the run was taken {taken} times.");
        }

        var again = site.Provider.Counts.SeenAgain;
        var allowed = (most - 1) * PagesInHand * site.Plan.PageSize;
        Check(again <= allowed, $"{again} texts were sent again; {allowed} can have been in hand.");
    }

    private async Task LookForSecretsAsync(CancellationToken cancel)
    {
        var logs = site.Logs;
        string[] secrets = [site.Postgres.Password, CrashSite.ApiKey, AppTable.Marker];
        foreach (var secret in secrets)
            Check(!logs.Contains(secret, StringComparison.Ordinal), $"A worker's log holds {secret[..5]}…");
        var tables = await site.ScalarAsync<string[]>("select array_agg(quote_ident(relname)) from pg_class where relnamespace = 'embedding_admin'::regnamespace and relkind = 'r'", cancel);
        foreach (var table in tables!)
        {
            foreach (var secret in secrets)
            {
                await using var command = site.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand($"select count(*) from embedding_admin.{table} as held where strpos(held::text, $1) > 0");
                command.Parameters.Add(new() { Value = secret });
                Check((long)(await command.ExecuteScalarAsync(cancel))! == 0, $"The table {table} holds {secret[..5]}…");
            }
        }
    }

    private async Task<bool> SweptOutAsync(CancellationToken cancel) =>
        await site.ScalarAsync<int?>($"select max(pass) from embedding_admin.batch where run = {run}", cancel) >= Runner.MostSweeps;

    private void Check(bool holds, string violation)
    {
        if (!holds)
            _violations.Add(violation);
    }

    private sealed record Found(long Key, AppRow App, float[]? Vector);
}
