using Bunit;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Rows;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class MeaningCardTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Theory]
    [InlineData("stories", "embedding")]
    [InlineData("profiles", "preference_embedding")]
    public async Task A_typed_text_finds_rows_whose_texts_stay_private_until_somebody_asks(string table, string column)
    {
        await using var screens = await Screens.OpenAsync(database, null, null, null, ("Tables:0:Private", "true"), ("Tables:1:Private", "true"));
        var target = await TargetAsync(screens, table);
        var card = screens.Render<MeaningCard>(p => p.Add(c => c.Target, target));
        Assert.Contains("The text is embedded in this process by", card.Find("#meaning-notice").TextContent, StringComparison.Ordinal);
        Assert.True(card.Find("form button").HasAttribute("disabled"));
        var searched = $"embedding_admin.event where kind = 'meaning.searched' and actor = 'Ada' and details ->> 'sentence' like '%to search {table} by its meaning.'";
        var before = await database.CountAsync(searched);
        await SearchAsync(card, "a dragon");
        card.WaitForAssertion(() => Assert.Contains("No row has a vector", card.Find("[aria-live]").TextContent, StringComparison.Ordinal));

        await database.ExecuteAsync($"update {table} set {column} = array_fill(0.1, array[1536])::extensions.vector where id in (select id from {table} where {(table == "stories" ? "content" : "bio")} <> '' order by id limit 7)");
        await SearchAsync(card, "a dragon");
        card.WaitForAssertion(() => Assert.Equal(5, card.FindAll(".nearest li").Count));
        Assert.Empty(card.FindAll(".nearest-text"));
        Assert.Equal(5, await database.CountAsync($"{table} where id::text in ({string.Join(", ", card.FindAll(".nearest a").Select(link => $"'{link.TextContent}'"))})"));
        await card.Find(".private-note button").ClickAsync(new());
        card.WaitForAssertion(() => Assert.Equal(5, card.FindAll(".nearest-text").Count));
        Assert.Equal(1, await database.CountAsync($"embedding_admin.event where kind = 'text.shown' and details ->> 'sentence' = 'Looked at the texts of the 5 rows nearest to a typed text of {table}.'"));
        Assert.Equal(before + 2, await database.CountAsync(searched));
        Assert.Equal(0, await database.CountAsync("embedding_admin.event where details::text like '%dragon%'"));
    }

    [Fact]
    public async Task The_host_and_the_price_are_named_and_a_provider_that_is_not_there_is_told_in_words()
    {
        await using var screens = await Screens.OpenAsync(database, null, null, null,
            ("Embeddings:Provider", "openai"), ("Embeddings:Endpoint", "http://127.0.0.1:9/v1"), ("Embeddings:ApiKey", "sk-test-0123456789"), ("Embeddings:Model", "text-embedding-3-small"),
            ("Prices:0:Host", "127.0.0.1:9"), ("Prices:0:Model", "text-embedding-3-small"), ("Prices:0:PerMillionTokens", "0.02"), ("Prices:0:AsOf", "2026-01-02"));
        var target = await TargetAsync(screens, "stories");
        var card = screens.Render<MeaningCard>(p => p.Add(c => c.Target, target));
        Assert.Contains("The text is sent to 127.0.0.1:9, to be embedded by text-embedding-3-small. $0.02 for a million tokens, by the price of 2026-01-02.", card.Find("#meaning-notice").TextContent, StringComparison.Ordinal);
        await SearchAsync(card, "a dragon");
        Assert.Contains(ErrorCodes.ProviderUnreachable, card.WaitForElement(".error-card", TimeSpan.FromSeconds(60)).TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_pages_have_the_form()
    {
        await using var screens = await Screens.OpenAsync(database);
        screens.Services.GetRequiredService<Microsoft.AspNetCore.Components.NavigationManager>().NavigateTo("/tables/stories/rows");
        Assert.Equal($"{MeaningSearch.MostCharacters}", screens.Render<RowsPage>(p => p.Add(page => page.Table, "stories")).WaitForElement("#meaning-text").GetAttribute("maxlength"));
        screens.Services.GetRequiredService<Microsoft.AspNetCore.Components.NavigationManager>().NavigateTo(RowAddress.Of("stories", Guid.Empty.ToString()));
        Assert.NotNull(screens.Render<SingleRow>(p => p.Add(page => page.Table, "stories")).WaitForElement("#meaning-text"));
    }

    private static async Task SearchAsync(IRenderedComponent<MeaningCard> card, string typed)
    {
        await card.Find("#meaning-text").InputAsync(new() { Value = typed });
        await card.Find("form").SubmitAsync();
    }

    private static async Task<Target> TargetAsync(Screens screens, string table)
    {
        var catalog = screens.Services.GetRequiredService<TableCatalog>();
        return await catalog.ResolveAsync(catalog.Find(table)!, TestContext.Current.CancellationToken);
    }
}
