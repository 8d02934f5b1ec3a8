using System.Text.Json;
using EmbeddingAdmin.Testing.Provider;

namespace EmbeddingAdmin.Database.Tests.Commands;

/// <summary>What <c>probe</c> says, writes into the audit trail, and returns to the shell.</summary>
public sealed class ProbeCommandTests(AssemblyStack stack) : DemoCommands(stack)
{
    private static readonly string[] Shape =
        ["provider", "host", "model", "answersAs", "dimensions", "norm", "milliseconds", "tokens", "cost", "currency", "priceAsOf", "tables", "code", "message", "warnings", "asOf"];

    [Fact]
    public async Task Where_all_providers_answer_it_says_with_what_and_for_how_much_and_returns_0()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        (string, string)[] settings =
        [
            .. WithProvider(provider), ("Tables__1__Model", "nomic-embed-text"),
            ("Prices__0__Host", provider.Address.Authority), ("Prices__0__Model", "text-embedding-3-small"), ("Prices__0__PerMillionTokens", "1000"), ("Prices__0__AsOf", "2026-04-29"),
        ];

        var probed = await App.RunAsync(settings, "probe", "--json");

        Assert.Equal(0, probed.ExitCode);
        Assert.Equal(2, provider.Counts.Probes);
        Assert.Equal(0, provider.Counts.Calls);
        var all = probed.Json.EnumerateArray().ToArray();
        Assert.All(all, each => Assert.Equal(Shape, Names(each)));
        Assert.Equal([("text-embedding-3-small", "stories"), ("nomic-embed-text", "profiles")], all.Select(each => (Text(each, "model"), each.GetProperty("tables")[0].GetString())));
        var (priced, unpriced) = (all[0], all[1]);
        Assert.Equal(("openai", provider.Address.Authority, "text-embedding-3-small", 1536), (Text(priced, "provider"), Text(priced, "host"), Text(priced, "answersAs"), priced.GetProperty("dimensions").GetInt32()));
        Assert.Equal(1, priced.GetProperty("norm").GetDouble(), tolerance: 0.001);
        var tokens = priced.GetProperty("tokens").GetInt64();
        Assert.Equal((tokens / 1000m, "USD", "2026-04-29"), (priced.GetProperty("cost").GetDecimal(), Text(priced, "currency"), Text(priced, "priceAsOf")));
        Assert.All((string[])["cost", "currency", "priceAsOf", "code", "message"], name => Assert.Equal(JsonValueKind.Null, unpriced.GetProperty(name).ValueKind));
        Assert.Equal(2, await Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'provider.probed' and details ->> 'via' = 'terminal' and actor <> 'system'", Cancel));

        var said = await App.RunAsync(settings, "probe", "profiles");

        Assert.Equal(0, said.ExitCode);
        Assert.Matches($@"^profiles: nomic-embed-text at {provider.Address.Authority} answers as nomic-embed-text, as of 20.+ UTC\n  vectors of 1,536 dimensions and length 1, in [\d,]+ ms\n  tokens: \d+ · cost: unpriced$", said.Output);
    }

    [Fact]
    public async Task A_provider_that_refuses_is_named_with_its_code_and_it_returns_4()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        provider.Script.Key = "another";

        var refused = await App.RunAsync(WithProvider(provider), "probe", "--json");

        Assert.Equal(4, refused.ExitCode);
        var only = Assert.Single(refused.Json.EnumerateArray());
        Assert.Equal(Shape, Names(only));
        Assert.Equal(["stories", "profiles"], only.GetProperty("tables").EnumerateArray().Select(table => table.GetString()));
        Assert.Equal("EA-PRV-01", Text(only, "code"));
        Assert.Contains("Nothing but two fixed sentences was sent. Set a valid key in Embeddings:ApiKey.", Text(only, "message")!, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-test", refused.Output + refused.Error, StringComparison.Ordinal);

        var said = await App.RunAsync(WithProvider(provider), "probe", "stories");
        Assert.Equal(4, said.ExitCode);
        Assert.StartsWith($"stories: EA-PRV-01: {provider.Address.Authority} refused the key", said.Output, StringComparison.Ordinal);
        Assert.Equal(2, await Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'provider.probed' and details ->> 'code' = 'EA-PRV-01'", Cancel));
    }

    [Fact]
    public async Task Without_a_provider_the_local_one_answers_and_costs_nothing_and_a_table_that_is_gone_is_said()
    {
        await Database.ExecuteAsync("alter table profiles rename to gone", Cancel);

        var probed = await App.RunAsync(Local, "probe", "--json");

        Assert.Equal(3, probed.ExitCode);
        var all = probed.Json.EnumerateArray().ToArray();
        Assert.All(all, each => Assert.Equal(Shape, Names(each)));
        Assert.Equal([("local", null), (null, "EA-SCH-01")], all.Select(each => (Text(each, "provider"), Text(each, "code"))));
        Assert.Equal("profiles", all[1].GetProperty("tables")[0].GetString());

        var said = await App.RunAsync(Local, "probe", "stories");
        Assert.Equal(0, said.ExitCode);
        Assert.Contains("stories: feature-hashing-1 in this process answers as feature-hashing-1", said.Output, StringComparison.Ordinal);
        Assert.Contains("cost: nothing, made in this process", said.Output, StringComparison.Ordinal);

        var unknown = await App.RunAsync(Local, "probe", "nothing_of_the_kind", "--json");
        Assert.Equal((2, "EA-CFG-12"), (unknown.ExitCode, unknown.ErrorCode));
    }
}
