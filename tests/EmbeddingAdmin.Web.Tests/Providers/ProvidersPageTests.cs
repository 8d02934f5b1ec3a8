using AngleSharp.Dom;
using Bunit;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Time;
using EmbeddingAdmin.Web.Providers;
using Microsoft.Extensions.DependencyInjection;
using TestContext = Xunit.TestContext;

namespace EmbeddingAdmin.Web.Tests.Providers;

public sealed class ProvidersPageTests(ScreensDatabase database) : IClassFixture<ScreensDatabase>, IAsyncLifetime
{
    private const string Key = "sk-planted-77c1e0d94a";
    private const string Small = "text-embedding-3-small";
    private const string Other = "nomic-embed-text";

    private ScriptedProvider? _provider;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ScriptedProvider Provider => _provider!;

    public async ValueTask InitializeAsync() => _provider = await ScriptedProvider.StartAsync(token: Cancel);

    public ValueTask DisposeAsync() => Provider.DisposeAsync();

    [Fact]
    public async Task A_provider_stands_there_once_with_where_the_text_goes_its_limits_its_price_and_the_tables_that_use_it()
    {
        await using var screens = await OpenAsync(
            ("Embeddings:Concurrency", "3"), ("Prices:0:Host", Provider.Address.Authority), ("Prices:0:Model", Small), ("Prices:0:PerMillionTokens", "0.02"), ("Prices:0:AsOf", "2026-04-29"));
        var page = Open(screens);

        var card = Assert.Single(page.FindAll(".provider"));
        Assert.Equal(Small, card.QuerySelector("h2")!.TextContent);
        Assert.Equal($"The text of every row in scope is sent to {Provider.Address.Authority}.", Words(card.QuerySelector(".note")!));
        Assert.Equal((Provider.Address.Authority, "stories profiles", "openai", "1,536"), (Fact(card, "Text goes to"), Fact(card, "Tables"), Fact(card, "Provider"), Fact(card, "Dimensions")));
        Assert.Equal(["/tables/stories/coverage", "/tables/profiles/coverage"], card.QuerySelectorAll(".provider-tables a").Select(link => link.GetAttribute("href")));
        Assert.Equal(EmbeddingAdmin.Access.SupabaseKey.Read(Key).Fingerprint, Fact(card, "Key"));
        Assert.Equal("$0.02 for a million tokens, as of 2026-04-29", Fact(card, "Price"));
        Assert.Equal(("at most 256 texts and 1,100,000 bytes", "32,764 bytes", "at most 3", "1 min for one try"), (Fact(card, "One request"), Fact(card, "Longest text"), Fact(card, "Requests at once"), Fact(card, "Time-out")));
        Assert.Equal("Never probed", Badge(card));
        Assert.StartsWith("It was not probed since this program began.", Said(card), StringComparison.Ordinal);
        Assert.DoesNotContain(Key, page.Markup, StringComparison.Ordinal);
        Assert.Equal(0, Provider.Counts.Probes);
    }

    [Fact]
    public async Task A_probe_is_asked_for_by_its_button_seen_by_everybody_and_written_into_the_audit_trail()
    {
        await using var screens = await OpenAsync(("Prices:0:Host", Provider.Address.Authority), ("Prices:0:Model", Small), ("Prices:0:PerMillionTokens", "1000"), ("Prices:0:AsOf", "2026-04-29"));
        var (page, elsewhere) = (Open(screens), Open(screens));

        await Button(page).ClickAsync(new());

        foreach (var looked in (IRenderedComponent<ProvidersPage>[])[page, elsewhere])
        {
            looked.WaitForAssertion(() => Assert.Equal("Answers", Badge(Card(looked))));
            var card = Card(looked);
            Assert.StartsWith("It answered. Asked for by Ada, as of ", Said(card), StringComparison.Ordinal);
            Assert.Equal((Small, Small, "1"), (Fact(card, "Model asked"), Fact(card, "Model answered"), Fact(card, "Length (norm)")));
            Assert.EndsWith(" ms", Fact(card, "Latency"), StringComparison.Ordinal);
            var tokens = long.Parse(Fact(card, "Tokens"));
            Assert.InRange(tokens, 1, 100);
            Assert.Equal($"${tokens / 1000m:0.00##}, at $1,000.00 for a million tokens, as of 2026-04-29", Fact(card, "Cost"));
        }

        Assert.Equal(1, Provider.Counts.Probes);
        Assert.Equal(1, await database.CountAsync($"embedding_admin.event where kind = 'provider.probed' and actor = 'Ada' and details ->> 'via' = 'dashboard' and details ->> 'code' is null and details ->> 'sentence' like 'A probe of {Small} at {Provider.Address.Authority} for stories, profiles. % answered two fixed sentences in %'"));
    }

    [Fact]
    public async Task Who_comes_too_soon_is_refused_and_nothing_is_sent()
    {
        // By the system's clock the five seconds may be over before a busy page has drawn the first one's answer.
        var clock = new FakeClock();
        await using var screens = await OpenAsync();
        screens.Services.AddSingleton(services => new Probes(services.GetRequiredService<ProviderProbe>(), services.GetRequiredService<PriceList>(), services.GetRequiredService<EventLog>(), clock));
        var page = Open(screens);
        await Button(page).ClickAsync(new());
        page.WaitForAssertion(() => Assert.Equal("Answers", Badge(Card(page))));

        clock.Advance(Probes.Between - TimeSpan.FromSeconds(1));
        await Button(page).ClickAsync(new());

        Assert.Equal($"{Small} at {Provider.Address.Authority} was probed a moment ago. Nothing was sent. Try again in 1 s. {ErrorCodes.ProbedTooOften}", Words(page.Find(".error-card")));
        Assert.Equal(1, Provider.Counts.Probes);

        clock.Advance(TimeSpan.FromSeconds(1));
        await Button(page).ClickAsync(new());
        Assert.Equal(2, Provider.Counts.Probes);
    }

    [Fact]
    public async Task What_is_under_way_is_said_and_not_sent_twice()
    {
        Provider.Script.HangProbes = true;
        await using var screens = await OpenAsync();
        var (page, elsewhere) = (Open(screens), Open(screens));

        var first = Button(page).ClickAsync(new());
        page.WaitForAssertion(() => Assert.Equal("Under way", Badge(Card(page))));
        Assert.StartsWith($"Two fixed sentences were sent to {Provider.Address.Authority}, which has 30 s to answer; asked for by Ada, since ", Said(Card(page)), StringComparison.Ordinal);
        elsewhere.WaitForAssertion(() => Assert.Equal("Under way", Badge(Card(elsewhere))));
        await Button(elsewhere).ClickAsync(new());
        Assert.Contains("is being probed now, and its answer is shown here. Nothing was sent. Try again in", Words(elsewhere.Find(".error-card")), StringComparison.Ordinal);

        Provider.Script.Clear();
        await first;
        page.WaitForAssertion(() => Assert.Equal("Answers", Badge(Card(page))));
        elsewhere.WaitForAssertion(() => Assert.Equal("Answers", Badge(Card(elsewhere))));
        Assert.Equal(1, Provider.Counts.Probes);
    }

    [Fact]
    public async Task A_provider_that_stays_silent_is_said_to()
    {
        Provider.Script.HangProbes = true;
        await using var screens = await OpenAsync(("Embeddings:Timeout", "00:00:03"));
        var (page, elsewhere) = (Open(screens), Open(screens));

        await Button(page).ClickAsync(new());

        page.WaitForAssertion(() => Assert.Equal("No answer in time", Badge(Card(page))));
        Assert.Contains(ErrorCodes.ProviderTimeout, Words(page.Find(".probe-result .error-card")), StringComparison.Ordinal);
        elsewhere.WaitForAssertion(() => Assert.Contains(ErrorCodes.ProviderTimeout, Words(elsewhere.Find(".probe-result")), StringComparison.Ordinal));
        Assert.Equal(1, Provider.Counts.Probes);
    }

    [Fact]
    public void What_the_probe_before_came_to_stays_under_the_one_that_is_under_way()
    {
        using var bunit = new BunitContext();
        bunit.Services.AddSingleton<TimeProvider>(new ManualClock());
        var report = new EmbeddingAdmin.Providers.ProbeReport { Model = new("openai", "api.openai.com", Small, 1536), At = Sample.Now, Latency = TimeSpan.FromMilliseconds(182), Norm = 1 };
        var result = bunit.Render<ProbeResult>(r => r.Add(x => x.Report, report).Add(x => x.State, new ProbeState(Last: report)).Add(x => x.Stale, true));
        Assert.Equal("The probe before this one, as of 15:09:26", Words(result.Find(".quiet")));
        result.Render(r => r.Add(x => x.Stale, false));
        Assert.Empty(result.FindAll(".quiet"));
    }

    [Fact]
    public async Task What_the_server_said_stands_there_with_its_code_and_what_to_do()
    {
        Provider.Script.Key = "another";
        await using var screens = await OpenAsync();
        var page = Open(screens);

        await Button(page).ClickAsync(new());

        page.WaitForAssertion(() => Assert.Equal("Refused", Badge(Card(page))));
        var card = Card(page);
        Assert.StartsWith("It cannot be used as it is (EA-PRV-01).", Said(card), StringComparison.Ordinal);
        var said = Words(card.QuerySelector(".probe-result .error-card")!);
        Assert.StartsWith($"{Provider.Address.Authority} refused the key (401 invalid_api_key", said, StringComparison.Ordinal);
        Assert.Contains("Nothing but two fixed sentences was sent. Set a valid key in Embeddings:ApiKey.", said, StringComparison.Ordinal);
        Assert.Equal("no vector came", Fact(card, "Model answered"));
        Assert.DoesNotContain(Key, page.Markup, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync($"embedding_admin.event where kind = 'provider.probed' and details ->> 'code' = 'EA-PRV-01' and details ->> 'sentence' like '%{Provider.Address.Authority}%'"));
        Assert.Equal(0, await database.CountAsync($"embedding_admin.event where details::text like '%{Key}%'"));
    }

    [Theory]
    [InlineData(Misdeed.OtherModel, "Answers, with a warning", "The answer names the model")]
    [InlineData(Misdeed.NotUnit, "Refused", "EA-PRV-13")]
    [InlineData(Misdeed.NoUsage, "Answers", "not known: no tokens were reported")]
    [InlineData(Misdeed.SameVectors, "Refused", "EA-PRV-25")]
    public async Task What_is_odd_about_an_answer_is_said(Misdeed misdeed, string badge, string words)
    {
        Provider.Script.Probe = new(Misdeed: misdeed);
        await using var screens = await OpenAsync(("Prices:0:Host", Provider.Address.Authority), ("Prices:0:Model", Small), ("Prices:0:PerMillionTokens", "0.02"), ("Prices:0:AsOf", "2026-04-29"));
        var page = Open(screens);
        await Button(page).ClickAsync(new());
        page.WaitForAssertion(() => Assert.Equal(badge, Badge(Card(page))));
        Assert.Contains(words, Words(page.Find(".probe-result")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_shown_for_stories_is_shown_for_profiles_whose_provider_is_another()
    {
        await using var screens = await OpenAsync(("Tables:1:Model", Other));
        var page = Open(screens);
        Assert.Equal([(Small, "stories"), (Other, "profiles")], page.FindAll(".provider").Select(card => (card.QuerySelector("h2")!.TextContent, Fact(card, "Tables"))));

        await Button(page, Other).ClickAsync(new());
        page.WaitForAssertion(() => Assert.Equal("Answers", Badge(Card(page, Other))));
        Assert.Equal("Never probed", Badge(Card(page, Small)));
        // Each provider for itself: the other one is not probed too soon.
        await Button(page, Small).ClickAsync(new());
        page.WaitForAssertion(() => Assert.Equal("Answers", Badge(Card(page, Small))));

        Assert.Equal(Labels(Card(page, Small)), Labels(Card(page, Other)));
        Assert.Equal("unpriced", Fact(Card(page, Other), "Cost"));
        Assert.Equal("unpriced; the settings (Prices) have none for it", Fact(Card(page, Other), "Price"));
    }

    [Fact]
    public async Task Without_a_provider_it_says_so_and_the_local_one_is_probed_for_nothing()
    {
        await using var screens = await Screens.OpenAsync(database);
        var page = Open(screens);
        var card = Card(page);
        Assert.Contains("No provider is configured. Set Embeddings:ApiKey for OpenAI", Words(card), StringComparison.Ordinal);
        Assert.Equal(("nowhere", "stories profiles", "needs none", "nothing, made in this process"), (Fact(card, "Text goes to"), Fact(card, "Tables"), Fact(card, "Key"), Fact(card, "Price")));

        await Button(page).ClickAsync(new());

        page.WaitForAssertion(() => Assert.Equal("Answers", Badge(Card(page))));
        Assert.Equal("nothing, made in this process", Fact(Card(page), "Cost"));
    }

    [Fact]
    public async Task A_table_that_its_provider_cannot_fill_or_that_is_gone_is_said_with_the_reason()
    {
        await database.ExecuteAsync("alter table profiles rename to gone");
        try
        {
            await using var screens = await OpenAsync(("Tables:0:Model", "text-embedding-ada-002"), ("Embeddings:Dimensions", "768"));
            var page = Open(screens);
            Assert.Equal("stories", Fact(Card(page), "Tables"));
            var unfit = page.FindAll("section[aria-labelledby=unfit-title] .note").Select(Words).ToArray();
            Assert.Equal(2, unfit.Length);
            Assert.StartsWith("stories Embeddings:Dimensions is 768, and ", unfit[0], StringComparison.Ordinal);
            Assert.EndsWith("EA-SCH-05", unfit[0], StringComparison.Ordinal);
            Assert.EndsWith("EA-SCH-01", unfit[1], StringComparison.Ordinal);
        }
        finally
        {
            await database.ExecuteAsync("alter table gone rename to profiles");
        }
    }

    [Fact]
    public async Task Without_a_table_it_says_how_to_name_one()
    {
        await using var screens = await Screens.OpenAsync(database);
        screens.Services.AddSingleton<IReadOnlyList<EmbeddingTable>>([]);
        Assert.Equal("No table is configured", screens.Render<ProvidersPage>().WaitForElement(".empty-state h2").TextContent);
    }

    [Fact]
    public async Task The_room_for_it_is_there_while_it_is_read_and_a_database_that_is_away_is_said()
    {
        await using var relay = new Relay(database.Database.ConnectionString);
        await using var screens = await Screens.OpenAsync(database, _ => new(relay.ConnectionString));
        var page = screens.Render<ProvidersPage>();
        Assert.Equal("Reading the tables and the settings …", page.Find(".skeleton").TextContent);
        page.WaitForAssertion(() => Assert.Contains(ErrorCodes.DatabaseUnreachable, page.Find(".error-card").TextContent, StringComparison.Ordinal));
    }

    private Task<Screens> OpenAsync(params (string, string)[] more) => Screens.OpenAsync(
        database, settings: [("Embeddings:Provider", "openai"), ("Embeddings:Endpoint", Provider.Endpoint), ("Embeddings:ApiKey", Key), .. more]);

    private static IRenderedComponent<ProvidersPage> Open(Screens screens)
    {
        var page = screens.Render<ProvidersPage>();
        page.WaitForElement(".probe-line button");
        return page;
    }

    private static IElement Card(IRenderedComponent<ProvidersPage> page, string? model = null) => page.Find(model is null ? ".provider" : $".provider[data-provider='{model}']");

    private static IElement Button(IRenderedComponent<ProvidersPage> page, string? model = null) =>
        Card(page, model).QuerySelectorAll("button").Single(button => button.QuerySelector(".rz-button-text")?.TextContent == "Probe");

    private static string Badge(IElement card) => card.QuerySelector(".probe-line .status-badge")!.LastChild!.TextContent;

    private static string Said(IElement card) => Words(card.QuerySelector(".probe-said[role=status]")!);

    private static IEnumerable<string> Labels(IElement card) => card.QuerySelectorAll("dt").Select(term => term.TextContent);

    private static string Fact(IElement card, string label) => Words(card.QuerySelectorAll("dt").First(term => term.TextContent == label).NextElementSibling!);

    // Icons are spelt out in the markup, and hidden from whoever reads it.
    private static string Words(IElement element) => string.Join(' ', element.GetDescendants().OfType<IText>()
        .Where(text => text.ParentElement?.ClassList.Contains("rzi") != true).SelectMany(text => text.Data.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
}
