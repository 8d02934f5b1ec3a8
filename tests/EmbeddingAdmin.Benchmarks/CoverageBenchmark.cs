using EmbeddingAdmin.Coverage;
using Npgsql;

namespace EmbeddingAdmin.Benchmarks;

/// <summary>The first answer of the overview about a large table, by our counter and by the partial index, beside a parallel scan that counts rows and vectors.</summary>
internal static class CoverageBenchmark
{
    private const double Goal = 0.02;

    public static async Task<bool> RunAsync(Trials trials, CancellationToken cancel)
    {
        var rows = trials.Rows ?? 1_000_000;
        await using var site = await Site.OpenAsync(["stories"], cancel);
        // About 480 bytes a row beside the vector, as stories have whose vectors are kept apart.
        await site.Database.ExecuteAsync("create table stories (id uuid primary key default gen_random_uuid(), content text, embedding extensions.vector(8)) with (autovacuum_enabled = off)", cancel);
        await site.Database.ExecuteAsync(
            $"insert into stories (content, embedding) select 'story ' || n || repeat(' and so on', 40), case when n % 1000 > 0 then '[1,2,3,4,5,6,7,8]'::extensions.vector end from generate_series(1, {rows}) n", cancel);
        await site.Database.ExecuteAsync("create index on stories (id) where embedding is null", cancel);
        // Until nothing that was open when the rows came is open any more, no page is known to be visible to everybody.
        do
            await site.Database.ExecuteAsync("vacuum analyze stories", cancel);
        while (!await site.Database.ScalarAsync<bool>("select relallvisible > relpages * 0.9 from pg_class where oid = 'stories'::regclass", cancel));
        await using var scanning = await site.Database.DataSource.OpenConnectionAsync(cancel);
        await using (var parallel = new NpgsqlCommand("set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set parallel_tuple_cost = 0", scanning))
            await parallel.ExecuteNonQueryAsync(cancel);
        await using var scan = new NpgsqlCommand("select count(*), count(embedding) from stories", scanning);
        var glance = site.Get<CoverageGlance>();

        var byIndex = await trials.MeasureAsync($"first answer on {rows:N0} rows by the partial index / parallel scan", () => AnswerAsync(Basis.Index), FloorAsync, Ratio, ($"≤ {Goal}", ratio => ratio <= Goal));
        await site.Get<CoverageReader>().ReadAsync(site.Table("stories"), TimeSpan.Zero, cancel);
        var byCounter = await trials.MeasureAsync($"first answer on {rows:N0} rows by our counter / parallel scan", () => AnswerAsync(Basis.Counter), FloorAsync, Ratio, ($"≤ {Goal}", ratio => ratio <= Goal));
        return byIndex && byCounter;

        async Task AnswerAsync(Basis basis)
        {
            var answer = await glance.ReadAsync(site.Table("stories"), cancel);
            if (answer?.WithVector.Basis != basis || answer.Total - answer.Embedded != rows / 1_000)
                throw new InvalidOperationException($"The answer was not the index's or the counter's: {answer}");
        }

        async Task FloorAsync() => await scan.ExecuteNonQueryAsync(cancel);

        static double Ratio(double variant, double floor) => variant / floor;
    }
}
