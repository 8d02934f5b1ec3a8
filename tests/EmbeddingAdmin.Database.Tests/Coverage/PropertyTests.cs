using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Coverage;

/// <summary>
/// The app edits, inserts and deletes, somebody tampers with vectors, the settings name another model or text, runs go over this and that, all at random.
/// After each step every figure is what a superuser's own SQL says, which is written here once more and knows nothing of the engine's predicates.
/// </summary>
public sealed class PropertyTests(AssemblyStack stack)
{
    private const int Steps = 20;

    private static readonly (string Model, string Text)[] Settings =
    [
        ("text-embedding-3-small", "{title}\n{content}"),
        ("text-embedding-3-large", "{title}\n{content}"),
        ("text-embedding-3-small", "{content}"),
    ];

    // By the recipe's number.
    private static readonly string[] Texts = ["concat_ws(E'\\n', nullif(title, ''), nullif(content, ''))", "coalesce(content, '')"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task After_every_step_every_figure_is_the_superusers(int seed)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 0);
        var random = new Random(seed);
        var settings = 0;
        await InsertAsync(engine, random, 40);
        for (var step = 0; step < Steps; step++)
        {
            var what = random.Next(11);
            var at = $"seed {seed}, step {step}, {what}";
            settings = what == 0 ? random.Next(Settings.Length) : settings;
            await using var counted = Open(engine, settings, scanned: false);
            await using var scanned = Open(engine, settings, scanned: true);
            await (what switch
            {
                0 => Task.CompletedTask,
                1 => InsertAsync(engine, random, random.Next(1, 6)),
                2 => SqlAsync(engine, random, "update stories set content = case when random() < 0.3 then '' else md5(random()::text) end"),
                3 => SqlAsync(engine, random, "update stories set title = null, content = null"),
                4 => SqlAsync(engine, random, "delete from stories"),
                5 => SqlAsync(engine, random, "update stories set embedding = null"),
                6 => SqlAsync(engine, random, "update stories set embedding = (array_fill(random()::real, array[24]))::extensions.vector"),
                7 => SqlAsync(engine, random, "update stories set embedding = (array_fill(0::real, array[24]))::extensions.vector"),
                8 => SqlAsync(engine, random, "update stories set likes = likes + 1"),
                9 => RunAsync(counted, new(RunKind.Backfill, "stories") { Scope = CoverageStates.Mendable.Where(_ => random.Next(2) == 0).DefaultIfEmpty(CoverageState.Missing).ToList(), Limit = random.Next(2) == 0 ? random.Next(1, 20) : null }),
                _ => RunAsync(counted, new(RunKind.Backfill, "stories") { Scope = CoverageStates.Mendable }),
            });

            var truth = await TruthAsync(engine, settings);
            var target = await counted.GetRequiredService<TableCatalog>().ResolveAsync(Table(counted), TestEngine.Cancel);
            AreEqual(at, truth, await counted.GetRequiredService<CoverageReader>().ReadAsync(Table(counted), TimeSpan.Zero, TestEngine.Cancel));
            await scanned.GetRequiredService<CoverageScan>().RunAsync(target, ripe: false, TestEngine.Cancel);
            AreEqual(at, truth, await scanned.GetRequiredService<CoverageReader>().ReadAsync(Table(scanned), TimeSpan.Zero, TestEngine.Cancel));
            foreach (var state in CoverageStates.InOrder)
                Assert.True(truth[state] == (await counted.GetRequiredService<RowPages>().ReadAsync(target, new() { State = state, Rows = 500 }, TestEngine.Cancel)).Rows.Count, $"{at}: rows of {state}");
            foreach (var state in CoverageStates.Mendable)
            {
                var preview = await counted.GetRequiredService<RunControl>().PreviewAsync(new(RunKind.Backfill, "stories") { Scope = [state] }, TestEngine.Cancel);
                // A start over what is missing looks at the rows without text as well, and lists them.
                Assert.True(truth[state] + (state == CoverageState.Missing ? truth[CoverageState.EmptySource] : 0) == preview.Rows, $"{at}: a start over {state}");
            }

            if (what >= 9)
                AreEqual(at, truth, (await counted.GetRequiredService<CoverageHistory>().ReadAsync(Table(counted), null, TestEngine.Cancel))[^1]);
        }
    }

    private static ServiceProvider Open(TestEngine engine, int settings, bool scanned) => engine.Another(
        null, ("Embeddings:Model", Settings[settings].Model), ("Tables:0:Text", Settings[settings].Text), ("Coverage:ExamineAtOnceUpTo", scanned ? "0" : "20000"), ("Coverage:ScanPercent", "100"));

    private static EmbeddingTable Table(ServiceProvider services) => services.GetRequiredService<TableCatalog>().Tables[0];

    private static async Task RunAsync(ServiceProvider services, StartRequest request)
    {
        var (run, lease) = await services.GetRequiredService<RunControl>().StartHereAsync(request, TestEngine.Operator, TestEngine.Cancel);
        await services.GetRequiredService<Runner>().RunAsync(run, lease, TestEngine.Cancel);
    }

    private static Task InsertAsync(TestEngine engine, Random random, int rows) => engine.Database.ExecuteAsync(
        $"select setseed({Seed(random)}); insert into stories (title, content) select case when random() < 0.2 then null else md5(random()::text) end, case when random() < 0.2 then '' else md5(random()::text) end from generate_series(1, {rows})", TestEngine.Cancel);

    // Some rows of all, by the database's own dice.
    private static Task SqlAsync(TestEngine engine, Random random, string sql) =>
        engine.Database.ExecuteAsync($"select setseed({Seed(random)}); {sql} where id in (select id from stories where random() < 0.15)", TestEngine.Cancel);

    private static string Seed(Random random) => random.NextDouble().ToString("0.######", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Counts by the superuser's own words.</summary>
    private static async Task<Dictionary<CoverageState, long>> TruthAsync(TestEngine engine, int settings)
    {
        await using var command = engine.Database.DataSource.CreateCommand(
            $"""
            with rows as (
              select r.embedding as v, r.text, m.model, (select identity from embedding_admin.recipe x where x.identity = m.recipe and x.template = $2) is not null as same_recipe,
                     s.text_hash, s.vector_hash
                from (select id, embedding, {Texts[settings == 2 ? 1 : 0]} as text from stories) r
                left join embedding_admin.stamp s on s.row_key = r.id::text left join embedding_admin.made_from m on m.id = s.made_from)
            select case when v is null then case text when '' then 'EmptySource' else 'Missing' end
                        when (select bool_and(n = 0) from unnest(v::real[]) n) then 'Invalid'
                        when vector_hash is null or vector_hash <> sha256(extensions.vector_send(v)) then 'Unstamped'
                        when model <> $1 or not same_recipe then 'StaleConfig'
                        when text_hash <> sha256(convert_to(text, 'UTF8')) then 'StaleText'
                        else 'Fresh' end, count(*)
              from rows group by 1
            """);
        command.Parameters.Add(new() { Value = Settings[settings].Model });
        command.Parameters.Add(new() { Value = Settings[settings].Text });
        var counts = CoverageStates.InOrder.ToDictionary(state => state, _ => 0L);
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        while (await reader.ReadAsync(TestEngine.Cancel))
            counts[Enum.Parse<CoverageState>(reader.GetString(0))] = reader.GetInt64(1);
        return counts;
    }

    private static void AreEqual(string at, Dictionary<CoverageState, long> truth, TableCoverage coverage)
    {
        Assert.True(truth.Values.Sum() == coverage.Total && truth.Where(state => CoverageStates.OfVectors.Contains(state.Key)).Sum(state => state.Value) == coverage.Embedded, $"{at}: {coverage.Embedded} of {coverage.Total}");
        AreEqual(at, truth, coverage.States);
    }

    private static void AreEqual(string at, Dictionary<CoverageState, long> truth, CoverageSnapshot kept)
    {
        Assert.Equal(truth.Values.Sum(), kept.Total);
        AreEqual(at, truth, kept.States);
    }

    private static void AreEqual(string at, Dictionary<CoverageState, long> truth, IReadOnlyDictionary<CoverageState, long?> counts)
    {
        var wrong = truth.Where(state => counts[state.Key] != state.Value).Select(state => $"{state.Key} {counts[state.Key]} instead of {state.Value}").ToList();
        Assert.True(wrong.Count == 0, $"{at}: {string.Join(", ", wrong)}");
    }
}
