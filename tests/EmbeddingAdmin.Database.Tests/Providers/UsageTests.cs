using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>What a run will cost, what it has cost, and from what that is known.</summary>
public sealed class UsageTests(AssemblyStack stack)
{
    private static readonly StartRequest Request = new(RunKind.Backfill, "stories");

    [Fact]
    public async Task Before_any_usage_bytes_are_divided_by_four_and_after_it_the_usage_tells()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 200);
        var bytes = await BytesAsync(engine, "true");
        var before = (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Tokens;
        Assert.Equal((bytes, null), (before.Bytes, before.Usage));
        Assert.StartsWith("UTF-8 bytes ÷ 4, ± 40 %", before.Basis, StringComparison.Ordinal);

        var first = await engine.BackfillAsync(Request with { Limit = 60 });
        var second = await engine.BackfillAsync(Request with { Limit = 40 });
        var after = (await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Tokens;

        var sent = await BytesAsync(engine, "t.embedding is not null");
        Assert.Equal((engine.Provider.Counts.Tokens, sent), (after.Usage!.Tokens, after.Usage.Bytes));
        Assert.Equal([first.Id, second.Id], after.Usage.Runs);
        Assert.Matches($@"^0\.25\d? tokens per byte, from the usage of runs {first.Id} and {second.Id}, ± 10 %$", after.Basis);

        // What it said holds of what is left.
        var charged = engine.Provider.Counts.Tokens;
        await engine.BackfillAsync();
        Assert.InRange(engine.Provider.Counts.Tokens - charged, after.AtLeast, after.AtMost);
    }

    [Fact]
    public async Task Another_models_usage_tells_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.BackfillAsync(Request with { Limit = 10 });
        await using var other = engine.Another(null, ("Embeddings:Model", "text-embedding-3-large"));

        Assert.Null((await other.GetControl().PreviewAsync(Request, TestEngine.Cancel)).Tokens.Usage);
    }

    [Fact]
    public async Task Tokens_that_were_not_reported_tell_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        engine.Provider.Script.Next(new ScriptedAnswer(Misdeed: Misdeed.NoUsage));
        await engine.BackfillAsync(Request with { Limit = 10 });

        Assert.Null((await engine.Control.PreviewAsync(Request, TestEngine.Cancel)).Tokens.Usage);
    }

    [Fact]
    public async Task Money_is_counted_by_the_price_that_the_run_was_planned_with()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 100);
        var price = new ModelPrice(engine.Provider.Address.Authority, "text-embedding-3-small", 0.02m, "USD", new(2026, 4, 29));
        await using var priced = engine.Another(null, Settings(price));
        await using var dearer = engine.Another(null, Settings(price with { PerMillionTokens = 5, Currency = "EUR", AsOf = new(2026, 5, 1) }));
        Assert.Equal(price, (await priced.GetControl().PreviewAsync(Request, TestEngine.Cancel)).Plan.Price);

        var run = await priced.GetControl().StartAsync(Request, TestEngine.Operator, TestEngine.Cancel);
        // Somebody changes the settings and another process drives it.
        var ended = (await dearer.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;

        Assert.Equal((RunStatus.Succeeded, price), (ended.Status, ended.Plan.Price));
        var tokens = engine.Provider.Counts.Tokens;
        Assert.Equal(tokens * 0.02m / 1_000_000, await engine.Database.ScalarAsync<decimal>($"select sum(cost) from embedding_admin.batch where run = {run.Id}", TestEngine.Cancel));
        var snapshot = (await engine.Store.SnapshotAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal(tokens, snapshot.Progress.Tokens);
    }

    [Fact]
    public async Task What_has_no_price_is_unpriced_and_not_free()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, Settings(new("api.openai.com", "text-embedding-3-small", 0.02m, "USD", new(2026, 4, 29))));

        var run = await engine.BackfillAsync();

        Assert.Null(run.Plan.Price);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(cost) from embedding_admin.batch", TestEngine.Cancel));
    }

    private static async Task<long> BytesAsync(TestEngine engine, string where) =>
        await engine.Database.ScalarAsync<long>($"select coalesce(sum(octet_length({(await engine.TargetAsync()).Text.Expression})), 0)::bigint from stories t where {where}", TestEngine.Cancel);

    private static (string, string)[] Settings(ModelPrice price) =>
    [
        ("Prices:0:Host", price.Host), ("Prices:0:Model", price.Model), ("Prices:0:Currency", price.Currency), ("Prices:0:AsOf", $"{price.AsOf:yyyy-MM-dd}"),
        ("Prices:0:PerMillionTokens", FormattableString.Invariant($"{price.PerMillionTokens}")),
    ];
}
