using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Time;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Core.Tests.Providers;

/// <summary>When a deviation is played, to which texts, and the limits that are enforced: each by what a client meets.</summary>
public sealed class ScriptTests : IAsyncLifetime
{
    private const int Dimensions = 8;

    private readonly FakeClock _clock = new();
    private ScriptedProvider _server = null!;
    private OpenAiEmbeddings _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ScriptedProvider.StartAsync(time: _clock, token: Token);
        _client = new OpenAiEmbeddings(
            new EmbeddingOptions { Provider = "openai", Endpoint = _server.Endpoint, ApiKey = "sk-proj-0123456789abcdef", Timeout = TimeSpan.FromSeconds(30) }, Dimensions, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(When.Next, 1, "x.....")]
    [InlineData(When.Next, 3, "xxx...")]
    [InlineData(When.Every, 1, "xxxxxx")]
    [InlineData(When.Every, 3, "..x..x")]
    [InlineData(When.After, 2, "..xxxx")]
    [InlineData(When.Always, 1, "xxxxxx")]
    [InlineData(When.Probes, 1, "......")]
    public async Task A_deviation_is_played_to_the_requests_that_are_meant(When when, int number, string played)
    {
        _server.Script.Play(Deviation.Named("http-500"), new Occasion(when, number));

        var seen = "";
        for (var i = 0; i < played.Length; i++)
            seen += await CodeAsync("a text") is null ? '.' : 'x';

        Assert.Equal(played, seen);
    }

    [Fact]
    public async Task Of_several_the_next_ones_go_first_then_those_to_texts()
    {
        _server.Script.Play(Deviation.Named("quota"), Occasion.Always);
        _server.Script.Play(Deviation.Named("invalid-input"), Occasion.Containing("moon"));
        _server.Script.Play(Deviation.Named("region"), Occasion.Next());
        Assert.Equal(["region: the next request", "invalid-input: texts containing “moon”", "quota: all requests"], _server.Script.Playing);

        Assert.Equal("EA-PRV-02", await CodeAsync("the moon"));
        Assert.Equal("EA-PRV-21", await CodeAsync("the moon"));
        Assert.Equal("EA-PRV-05", await CodeAsync("the sun"));
        _server.Script.Clear();
        Assert.Null(await CodeAsync("the moon"));
        Assert.Empty(_server.Script.Playing);
    }

    [Theory]
    [InlineData("nan", "EA-PRV-11")]
    [InlineData("infinite", "EA-PRV-11")]
    [InlineData("too-large-number", "EA-PRV-11")]
    [InlineData("zero", "EA-PRV-12")]
    [InlineData("empty-vector", "EA-PRV-10")]
    [InlineData("half-dimensions", "EA-PRV-10")]
    public async Task A_vector_is_spoilt_for_the_texts_that_are_meant_and_for_no_other(string name, string code)
    {
        _server.Script.Play(Deviation.Named(name), Occasion.Containing("moon"));
        string[] texts = ["the sun", "the moon", "a star", "a moonless night"];

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => _client.GenerateAsync(texts, cancellationToken: Token));

        Assert.Equal((code, 1), (fault.Code, fault.TextIndex));
        Assert.Equal([1, 3], fault.Part!.Refused.Keys);
        Assert.Empty(Oracle.Differences(((int[])[0, 2]).Select(index => new StoredRow($"{index}", texts[index], fault.Part.Vectors[index]!.Vector.ToArray()))));
        Assert.Null(await CodeAsync("the sun", "a star"));
    }

    [Theory]
    [InlineData("null-element", "EA-PRV-08")]
    [InlineData("fewer", "EA-PRV-08")]
    [InlineData("repeated-index", "EA-PRV-09")]
    [InlineData("null-number", "EA-PRV-22")]
    [InlineData("odd-bytes", "EA-PRV-22")]
    [InlineData("nan-500", "EA-PRV-19")]
    [InlineData("too-long-413", "EA-PRV-20")]
    [InlineData("drop", "EA-PRV-17")]
    public async Task A_request_fails_as_long_as_the_text_is_in_it(string name, string code)
    {
        _server.Script.Play(Deviation.Named(name), Occasion.Containing("moon"));

        Assert.Equal(code, await CodeAsync("the sun", "the moon", "a star"));
        Assert.Null(await CodeAsync("the sun", "a star"));
    }

    [Fact]
    public async Task What_hangs_is_answered_when_the_script_is_cleared()
    {
        _server.Script.Play(Deviation.Named("hang"), Occasion.Containing("moon"));

        var call = _client.GenerateAsync(["the moon"], cancellationToken: Token);
        await _server.Counts.WhenAsync(counts => counts.InFlight == 1, Token);
        Assert.Null(await CodeAsync("the sun"));
        Assert.False(call.IsCompleted);
        _server.Script.Clear();

        Assert.Single(await call);
    }

    [Fact]
    public async Task What_is_cleared_before_it_begins_to_hang_is_answered_as_well()
    {
        _server.Script.Latency = TimeSpan.FromSeconds(1);
        _server.Script.Play(Deviation.Named("hang"), Occasion.Always);

        var call = _client.GenerateAsync(["the moon"], cancellationToken: Token);
        await _server.Counts.WhenAsync(counts => counts.InFlight == 1, Token);
        _server.Script.Clear();

        Assert.Single(await call);
    }

    [Theory]
    [InlineData(Outage.Dropped, "EA-PRV-17")]
    [InlineData(Outage.Unavailable, "EA-PRV-19")]
    public async Task A_provider_that_is_down_answers_no_request_and_no_probe(Outage outage, string code)
    {
        _server.Script.Down = outage;

        Assert.Equal(code, await CodeAsync("a text"));
        Assert.Equal(code, await CodeAsync([.. ProviderProbe.Sentences]));
        _server.Script.Down = Outage.None;

        Assert.Null(await CodeAsync("a text"));
        Assert.Equal((2L, 1L), (_server.Counts.Calls, _server.Counts.Probes));
    }

    [Fact]
    public async Task OpenAIs_limits_of_a_request_are_enforced_by_the_byte()
    {
        _server.Script.Limits = ServerLimits.OpenAi;
        string[] most = [.. Enumerable.Range(0, 50).Select(n => $"{n:00}{new string('x', 23_998)}")];

        Assert.Null(await CodeAsync(most));
        Assert.Equal("EA-PRV-06", await CodeAsync([.. most, "more"]));
        Assert.Null(await CodeAsync([.. Enumerable.Range(0, 2048).Select(n => $"{n}")]));
        Assert.Equal("EA-PRV-06", await CodeAsync([.. Enumerable.Range(0, 2049).Select(n => $"{n}")]));
        Assert.Null(await CodeAsync("short", new string('x', 8191 * 4)));
        Assert.Equal("EA-PRV-20", await CodeAsync("short", new string('x', (8191 * 4) + 1)));
        Assert.Equal("EA-PRV-21", await CodeAsync("short", ""));
        Assert.Null(await CodeAsync(" ", "\n"));
    }

    [Theory]
    [InlineData(422)]
    [InlineData(413)]
    public async Task A_server_that_takes_32_texts_says_to_send_fewer(int status)
    {
        _server.Script.Limits = ServerLimits.Tei with { InputsStatus = status };

        Assert.Null(await CodeAsync([.. Enumerable.Range(0, 32).Select(n => $"{n}")]));
        var fault = await Assert.ThrowsAsync<ProviderFault>(() => _client.GenerateAsync(Enumerable.Range(0, 33).Select(n => $"{n}"), cancellationToken: Token));

        Assert.Equal((ProviderFaultKind.BadText, "EA-PRV-06", (int?)status), (fault.Kind, fault.Code, fault.HttpStatus));
        Assert.Contains("batch size 33 > maximum allowed batch size 32", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Lower Embeddings:BatchSize", fault.ToDo, StringComparison.Ordinal);
        Assert.Equal("EA-PRV-20", await CodeAsync(new string('x', (512 * 4) + 1)));
    }

    [Fact]
    public async Task A_server_that_cuts_texts_makes_the_vector_of_what_it_read_and_charges_for_that()
    {
        _server.Script.Limits = ServerLimits.Ollama;
        var text = new string('é', 2048 * 2) + "and what nobody reads";

        var made = await _client.GenerateAsync(["short", text], cancellationToken: Token);

        Assert.Equal(2 + 2048, made.Usage?.InputTokenCount);
        Assert.Equal(Oracle.Vector("short", Dimensions), made[0].Vector.ToArray());
        Assert.Equal(Oracle.Vector(text[..4096], Dimensions), made[1].Vector.ToArray());
    }

    [Fact]
    public async Task A_minutes_limit_refuses_with_the_time_after_which_it_takes_the_same_request()
    {
        _server.Script.Limits = new ServerLimits { TokensPerMinute = 1200, RequestsPerMinute = 100 };
        var text = new string('x', 4000);

        Assert.Null(await CodeAsync(text));
        var fault = await Assert.ThrowsAsync<ProviderFault>(() => _client.GenerateAsync([text], cancellationToken: Token));
        Assert.Equal((ProviderFaultKind.RateLimited, "EA-PRV-18"), (fault.Kind, fault.Code));
        Assert.Contains("Limit 1200, Used 1000, Requested 1000. Please try again in 40s.", fault.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(40), fault.RetryAfter);

        _clock.Advance(TimeSpan.FromMilliseconds(39_999));
        Assert.Equal("EA-PRV-18", await CodeAsync(text));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await CodeAsync(text));
    }

    [Fact]
    public void A_minutes_limit_tells_truly_how_it_stands()
    {
        var limit = new MinuteLimits(60, 60_000, _clock);

        var (_, first) = limit.Take(10_000);
        Assert.Equal(("60", "59", "1s"), (first["x-ratelimit-limit-requests"], first["x-ratelimit-remaining-requests"], first["x-ratelimit-reset-requests"]));
        Assert.Equal(("60000", "50000", "10s"), (first["x-ratelimit-limit-tokens"], first["x-ratelimit-remaining-tokens"], first["x-ratelimit-reset-tokens"]));

        _clock.Advance(TimeSpan.FromSeconds(4));
        var (_, second) = limit.Take(54_000);
        Assert.Equal(("0", "1m0s"), (second["x-ratelimit-remaining-tokens"], second["x-ratelimit-reset-tokens"]));
        // A refusal takes no tokens, and counts as a request.
        var (refused, third) = limit.Take(500);
        Assert.Equal((429, "500", "1"), (refused!.Status, third["retry-after-ms"], third["Retry-After"]));
        Assert.Equal(("58", "0"), (third["x-ratelimit-remaining-requests"], third["x-ratelimit-remaining-tokens"]));
        // More than the whole bucket will never be taken, so there is no time to wait for it.
        Assert.DoesNotContain("Retry-After", limit.Take(60_001).Refusal!.Headers?.Keys ?? []);
    }

    [Theory]
    [InlineData(6, "6ms")]
    [InlineData(0, "0ms")]
    [InlineData(8_640, "8.64s")]
    [InlineData(62_000, "1m2s")]
    [InlineData(3_723_000, "1h2m3s")]
    public void Times_are_written_as_OpenAI_writes_them(int milliseconds, string written)
        => Assert.Equal(written, MinuteLimits.Written(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void A_name_that_nobody_knows_is_answered_by_those_that_there_are()
        => Assert.Contains("other-model", Assert.Throws<ArgumentException>(() => Deviation.Named("no-such")).Message, StringComparison.Ordinal);

    /// <summary>The code that a request ends in; null when it is answered, and then every vector is its text's own.</summary>
    private async Task<string?> CodeAsync(params string[] texts)
    {
        try
        {
            var made = await _client.GenerateAsync(texts, cancellationToken: Token);
            Assert.Empty(Oracle.Differences(texts.Zip(made, (text, vector) => new StoredRow(text, text, vector.Vector.ToArray()))));
            Assert.Equal(texts.Length, made.Count);
            return null;
        }
        catch (ProviderFault fault)
        {
            return fault.Code;
        }
    }
}
