using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using EmbeddingAdmin.Testing.Provider;

namespace EmbeddingAdmin.Core.Tests.Providers;

/// <summary>The scripted provider driven from outside: by its page's forms, and by its script.</summary>
public sealed partial class ScriptPageTests : IAsyncLifetime
{
    private readonly HttpClient _browser = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private ScriptedProvider _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ScriptedProvider.StartAsync(token: Token);
        _browser.BaseAddress = _server.Address;
    }

    public async ValueTask DisposeAsync()
    {
        _browser.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_page_shows_every_deviation_with_what_it_does_and_how_to_point_the_dashboard_here()
    {
        var page = WebUtility.HtmlDecode(await _browser.GetStringAsync("/", Token));

        Assert.All(Deviation.All, deviation =>
        {
            Assert.Contains($"""<button name="deviation" value="{deviation.Name}" """, page, StringComparison.Ordinal);
            Assert.Contains(deviation.Does, page, StringComparison.Ordinal);
            Assert.Contains(deviation.Replays, page, StringComparison.Ordinal);
        });
        Assert.Contains($"--Embeddings:Endpoint {_server.Endpoint} --Embeddings:ApiKey any-key", page, StringComparison.Ordinal);
        // What the page's style and script are called is there.
        foreach (Match found in Addresses().Matches(page))
            Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync(found.Groups["address"].Value, Token)).StatusCode);
    }

    [Fact]
    public async Task A_press_plays_a_deviation_and_the_choice_stays()
    {
        var answer = await PostAsync("/play", ("deviation", "quota"), ("when", "Containing"), ("number", "1"), ("words", "<b>&moon"));

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal(["quota: texts containing “<b>&moon”"], _server.Script.Playing);
        var page = await _browser.GetStringAsync(answer.Headers.Location, Token);
        Assert.Contains("""value="Containing" checked""", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;moon", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await EmbedAsync("the <b>&moon")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await EmbedAsync("the sun")).StatusCode);
        Assert.Contains("<dt>Requests</dt><dd>2</dd>", await _browser.GetStringAsync("/live", Token), StringComparison.Ordinal);

        await PostAsync("/clear");
        Assert.Equal(HttpStatusCode.OK, (await EmbedAsync("the <b>&moon")).StatusCode);
    }

    [Fact]
    public async Task The_switches_are_set_and_shown_as_they_are()
    {
        await PostAsync("/switches", ("latency", "7"), ("down", "Unavailable"), ("limits", "tei"), ("rpm", "500"), ("tpm", ""), ("key", "sk-only"), ("hang", "true"));

        var script = _server.Script;
        Assert.Equal((TimeSpan.FromMilliseconds(7), Outage.Unavailable, "sk-only", true, false), (script.Latency, script.Down, script.Key, script.Hang, script.HangProbes));
        Assert.Equal(ServerLimits.Tei with { RequestsPerMinute = 500 }, script.Limits);
        var page = await _browser.GetStringAsync("/", Token);
        Assert.All(
            (string[])["""value="7"> ms""", """value="Unavailable" selected""", """value="tei" selected""", """value="500" """, """name="hang" value="true" checked""", "It is down"],
            words => Assert.Contains(words, page, StringComparison.Ordinal));

        await PostAsync("/switches", ("latency", ""), ("down", "None"), ("limits", "none"), ("rpm", ""), ("tpm", ""), ("key", ""));
        Assert.Equal((TimeSpan.Zero, Outage.None, null, false, null), (script.Latency, script.Down, script.Key, script.Hang, script.Limits));
        Assert.Contains("Nothing: it is well-behaved.", await _browser.GetStringAsync("/", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Switches_that_change_nothing_of_the_limits_do_not_fill_their_buckets()
    {
        (string, string)[] form = [("latency", ""), ("down", "None"), ("limits", "none"), ("rpm", "1"), ("tpm", ""), ("key", "")];
        await PostAsync("/switches", form);
        Assert.Equal(HttpStatusCode.OK, (await EmbedAsync("a text")).StatusCode);

        await PostAsync("/switches", form);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await EmbedAsync("a text")).StatusCode);
    }

    [Theory]
    [InlineData("deviation=no-such&when=Always&number=1&words=", "There is no deviation named no-such.")]
    [InlineData("deviation=nan&when=Containing&number=1&words=", "texts are found by words")]
    [InlineData("deviation=nan&when=Every&number=0&words=", "The number is at least 1")]
    [InlineData("deviation=nan&when=Every&number=many&words=", "many")]
    [InlineData("deviation=nan&when=Sometimes&number=1&words=", "Sometimes")]
    public async Task What_makes_no_sense_changes_nothing_and_is_said(string form, string words)
    {
        var answer = await _browser.PostAsync("/play", new StringContent(form, null, "application/x-www-form-urlencoded"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Matches($"""role="alert" class="refusal">Nothing was changed: .*{words}""", WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(Token)));
        Assert.Empty(_server.Script.Playing);
    }

    [Fact]
    public async Task A_page_of_another_site_changes_nothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/play") { Content = new FormUrlEncodedContent([new("deviation", "nan"), new("when", "Always"), new("number", "1")]) };
        request.Headers.Add("Sec-Fetch-Site", "cross-site");

        Assert.Equal(HttpStatusCode.Forbidden, (await _browser.SendAsync(request, Token)).StatusCode);
        Assert.Empty(_server.Script.Playing);
    }

    [Fact]
    public async Task The_script_takes_all_of_it_in_one_change()
    {
        _server.Script.Hang = true;

        var shown = await PutAsync("""
            {"clear":true,"latencyMs":3,"limits":{"tokensPerMinute":100000},"play":[{"deviation":"nan","when":"containing","words":"moon"},
             {"deviation":"http-500","when":"every","number":5}],"next":[{"status":418,"body":"a teapot","headers":{"Retry-After":"3"}}]}
            """);

        Assert.Equal((3, false), (shown.GetProperty("latencyMs").GetDouble(), shown.GetProperty("hang").GetBoolean()));
        Assert.Equal(100_000, shown.GetProperty("limits").GetProperty("tokensPerMinute").GetInt64());
        Assert.Equal(
            ["an answer of one's own: the next request", "nan: texts containing “moon”", "http-500: one request in 5"],
            shown.GetProperty("playing").EnumerateArray().Select(line => line.GetString()));
        var first = await EmbedAsync("the moon");
        Assert.Equal(("3", "a teapot"), (first.Headers.RetryAfter?.ToString(), await first.Content.ReadAsStringAsync(Token)));
        Assert.Equal("100000", (await EmbedAsync("the sun")).Headers.GetValues("x-ratelimit-limit-tokens").Single());
    }

    [Theory]
    [InlineData("Authorization", "Bearer sk-only", 200)]
    [InlineData("api-key", "sk-only", 200)]
    [InlineData("Authorization", "Bearer sk-other", 401)]
    [InlineData("api-key", "sk-other", 401)]
    [InlineData("X-Other", "sk-only", 401)]
    public async Task Where_only_one_key_is_taken_it_counts_in_either_header(string header, string key, int status)
    {
        _server.Script.Key = "sk-only";
        _browser.DefaultRequestHeaders.Add(header, key);

        Assert.Equal(status, (int)(await EmbedAsync("a text")).StatusCode);
    }

    [Theory]
    [InlineData("""{"clear":true,"play":[{"deviation":"no-such"}]}""")]
    [InlineData("""{"clear":true,"play":[{"deviation":"nan","when":"containing"}]}""")]
    [InlineData("""{"clear":true,"latency":5}""")]
    [InlineData("""{"clear":true""")]
    public async Task A_script_that_makes_no_sense_is_refused_whole(string script)
    {
        _server.Script.Play(Deviation.Named("quota"), Occasion.Always);

        var answer = await _browser.PutAsync("/script", new StringContent(script), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(["quota: all requests"], _server.Script.Playing);
    }

    private async Task<JsonElement> PutAsync(string script)
    {
        // As curl sends it: with a type that says nothing.
        var answer = await _browser.PutAsync("/script", new StringContent(script, null, "application/x-www-form-urlencoded"), Token);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private Task<HttpResponseMessage> PostAsync(string address, params (string Name, string Value)[] form)
        => _browser.PostAsync(address, new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))), Token);

    private Task<HttpResponseMessage> EmbedAsync(string text)
        => _browser.PostAsJsonAsync("/v1/embeddings", new { model = "text-embedding-3-small", dimensions = 8, input = new[] { text } }, Token);

    [GeneratedRegex("""(?:href|src)="(?<address>/[^"]+)""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Addresses();
}
