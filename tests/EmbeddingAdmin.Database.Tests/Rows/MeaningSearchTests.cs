using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Rows;

public sealed class MeaningSearchTests(AssemblyStack stack)
{
    [Theory]
    [InlineData("vector")]
    [InlineData("halfvec")]
    public async Task The_row_with_the_typed_text_comes_first_and_what_was_typed_is_kept_nowhere(string type)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30, ("Tables:0:Text", "{title}"));
        await engine.Database.ExecuteAsync($"alter table stories alter column embedding type extensions.{type}({TestEngine.Dimensions}); update stories set title = 'PLANTED lighthouse' where id = 12", TestEngine.Cancel);
        await engine.BackfillAsync();
        var texts = engine.Provider.Counts.Texts;

        var answer = await SearchAsync(engine.Services, "PLANTED lighthouse");

        Assert.Equal((5, "12"), (answer.Nearest.Rows.Count, answer.Nearest.Rows[0].Key));
        Assert.Equal(0, answer.Nearest.Rows[0].Distance, 1e-3);
        Assert.True(answer.Nearest.Rows[1].Distance > 0.05);
        Assert.Equal((5L, null), (answer.Tokens, answer.Price));
        Assert.Equal(1, engine.Provider.Counts.Texts - texts);
        Assert.Equal(
            $"tester had a text of 18 characters embedded by {answer.MadeBy.Model} at {engine.Provider.Address.Authority}, to search stories by its meaning.",
            await engine.Database.ScalarAsync<string>("select details ->> 'sentence' from embedding_admin.event where kind = 'meaning.searched' and actor = 'tester' and run is null", TestEngine.Cancel));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where details::text like '%PLANTED%'", TestEngine.Cancel));
    }

    [Fact]
    public async Task Where_the_text_goes_and_at_what_price_is_known_before()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);
        var target = await engine.TargetAsync();
        var terms = engine.Services.GetRequiredService<MeaningSearch>().Terms(target);
        Assert.Equal((engine.Provider.Address.Authority, true, null), (terms.MadeBy.Host, terms.SendsTextAway, terms.Price));
        Assert.Equal(0, engine.Provider.Counts.Calls);

        await using var priced = engine.Another(null, ("Prices:0:Host", terms.MadeBy.Host), ("Prices:0:Model", terms.MadeBy.Model), ("Prices:0:PerMillionTokens", "0.02"), ("Prices:0:AsOf", "2026-01-02"));
        Assert.Equal(0.02m, priced.GetRequiredService<MeaningSearch>().Terms(target).Price!.PerMillionTokens);
        Assert.Equal(0.02m, (await SearchAsync(priced, "a text")).Price!.PerMillionTokens);

        await using var local = engine.Another(null, ("Embeddings:Provider", "local"));
        Assert.False(local.GetRequiredService<MeaningSearch>().Terms(target).SendsTextAway);
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_sent_nowhere()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 1);
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => SearchAsync(engine.Services, new string('x', MeaningSearch.MostCharacters + 1)));
        Assert.Equal(ErrorCodes.TextTooLong, refused.Code);
        Assert.Contains("Nothing was sent", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => SearchAsync(engine.Services, " \n"));
        Assert.Equal((0, 0L), (engine.Provider.Counts.Calls, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event", TestEngine.Cancel)));
        Assert.NotNull(await SearchAsync(engine.Services, new string('x', MeaningSearch.MostCharacters)));
    }

    [Theory]
    [InlineData(Misdeed.HalfTheDimensions, ErrorCodes.WrongDimensions)]
    [InlineData(Misdeed.Zero, ErrorCodes.ZeroVector)]
    [InlineData(Misdeed.Infinite, ErrorCodes.NotFinite)]
    public async Task A_vector_that_is_none_to_compare_with_is_told_and_not_compared(Misdeed misdeed, string code)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        await engine.BackfillAsync();
        engine.Provider.Script.Next(new ScriptedAnswer(Misdeed: misdeed));
        Assert.Equal(code, (await Assert.ThrowsAsync<ProviderFault>(() => SearchAsync(engine.Services, "a text"))).Code);
    }

    [Fact]
    public async Task A_refusal_of_the_provider_is_told_in_its_words()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        engine.Provider.Script.Next(new ScriptedAnswer(401, """{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}"""));
        Assert.Equal(ErrorCodes.KeyRefused, (await Assert.ThrowsAsync<ProviderFault>(() => SearchAsync(engine.Services, "a text"))).Code);
    }

    [Fact]
    public async Task Of_a_table_without_vectors_nothing_is_found_and_that_is_said()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);
        var nearest = (await SearchAsync(engine.Services, "a text")).Nearest;
        Assert.Empty(nearest.Rows);
        Assert.NotNull(nearest.Why);
    }

    private static async Task<MeaningAnswer> SearchAsync(IServiceProvider services, string typed) =>
        await services.GetRequiredService<MeaningSearch>().SearchAsync(await services.TargetAsync(), typed, TestEngine.Operator, TestEngine.Cancel);
}
