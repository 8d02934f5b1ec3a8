using Bunit;
using EmbeddingAdmin.Web.Coverage;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace EmbeddingAdmin.Web.Tests.Coverage;

public sealed class SamplePanelTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>
{
    [Fact]
    public async Task It_begins_with_20_says_where_the_texts_go_and_what_that_costs_and_starts_the_verification()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = screens.Render<SamplePanel>(p => p.Add(s => s.Table, "stories"));
        panel.WaitForElement(".facts");
        Assert.Equal("20", panel.Find("input").GetAttribute("value"));
        Assert.Contains("in this process", panel.Find(".facts").TextContent, StringComparison.Ordinal);
        Assert.Contains("free, made in this process", panel.Find(".facts").TextContent, StringComparison.Ordinal);

        foreach (var none in (string[])["", "0", "1001", "-1", "2.5", "many"])
        {
            await panel.Find("input").InputAsync(new() { Value = none });
            Assert.True(Start(panel).HasAttribute("disabled"), none);
        }

        await panel.Find("input").InputAsync(new() { Value = "7" });
        var closed = new TaskCompletionSource<object?>();
        screens.Services.GetRequiredService<DialogService>().OnClose += result => closed.TrySetResult((object?)result);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Start(panel).ClickAsync(new())));

        var run = await database.Database.ScalarAsync<long>("select id from embedding_admin.run where kind = 'verify' and (plan ->> 'sample')::int = 7", Xunit.TestContext.Current.CancellationToken);
        Assert.Equal(1, await database.CountAsync("embedding_admin.run"));
        Assert.True(run > 0);
    }

    [Fact]
    public async Task A_paid_provider_is_named_with_its_price_and_one_without_a_price_is_unpriced()
    {
        (string, string)[] paid = [("Embeddings:Provider", "openai"), ("Embeddings:Endpoint", "https://api.example.org/v1"), ("Embeddings:ApiKey", "sk-test")];
        await using (var screens = await Screens.OpenAsync(database, settings: paid))
        {
            var panel = screens.Render<SamplePanel>(p => p.Add(s => s.Table, "stories"));
            panel.WaitForAssertion(() => Assert.Contains("unpriced", panel.Find(".facts").TextContent, StringComparison.Ordinal));
            Assert.Contains("api.example.org", panel.Find(".facts").TextContent, StringComparison.Ordinal);
        }

        await using (var screens = await Screens.OpenAsync(database, settings: [.. paid, ("Prices:0:Host", "api.example.org"), ("Prices:0:Model", "text-embedding-3-small"), ("Prices:0:PerMillionTokens", "1000"), ("Prices:0:AsOf", "2026-01-01")]))
        {
            var panel = screens.Render<SamplePanel>(p => p.Add(s => s.Table, "stories"));
            panel.WaitForElement(".facts");
            var of20 = Cost(panel);
            await panel.Find("input").InputAsync(new() { Value = "200" });
            Assert.InRange(Cost(panel) / of20, 9.9m, 10.1m);
        }
    }

    [Fact]
    public async Task A_table_that_cannot_be_looked_at_says_why_and_nothing_can_be_started()
    {
        await using var screens = await Screens.OpenAsync(database);
        var panel = screens.Render<SamplePanel>(p => p.Add(s => s.Table, "tales"));

        Assert.Contains(ErrorCodes.TableUnknown, panel.WaitForElement(".error-card").TextContent, StringComparison.Ordinal);
        Assert.True(Start(panel).HasAttribute("disabled"));
    }

    private static AngleSharp.Dom.IElement Start(IRenderedComponent<SamplePanel> panel) => panel.FindAll(".panel-buttons button")[1];

    private static decimal Cost(IRenderedComponent<SamplePanel> panel) =>
        decimal.Parse(System.Text.RegularExpressions.Regex.Match(panel.Find(".facts").TextContent, @"(?<=at most about \$)[0-9.,]+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(60)).Value, System.Globalization.CultureInfo.InvariantCulture);
}
