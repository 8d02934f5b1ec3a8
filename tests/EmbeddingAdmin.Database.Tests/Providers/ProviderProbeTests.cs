using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Time;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>The probe against a real server: what it finds, and that it says so without key or text.</summary>
public sealed class ProviderProbeTests : IAsyncLifetime
{
    private const string Key = "sk-proj-0123456789abcdef";

    private ScriptedProvider _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await ScriptedProvider.StartAsync(token: Token);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_good_provider_is_told_in_figures()
    {
        var report = await ProbeAsync();

        Assert.Null(report.Code);
        Assert.Empty(report.Warnings);
        Assert.Equal(("text-embedding-3-small", 29L), (report.AnswersAs, report.Tokens));
        Assert.Equal(1, report.Norm!.Value, 1e-6);
        Assert.True(report.Latency > TimeSpan.Zero);
        Assert.Contains("vectors of 768 dimensions and length 1, 29 tokens.", report.Sentence, StringComparison.Ordinal);
        Assert.Equal((1L, 0L), (_server.Counts.Probes, _server.Counts.Calls));
        Assert.Equal(2, _server.LastRequest!.Texts.Distinct().Count());
    }

    [Theory]
    [InlineData(Misdeed.HalfTheDimensions, "EA-SCH-05", "The vector has 384 dimensions; the column takes 768.")]
    [InlineData(Misdeed.SameVectors, "EA-PRV-25", "the same vector for two sentences")]
    [InlineData(Misdeed.NoIndex, "EA-PRV-09", "which vector belongs to which text")]
    [InlineData(Misdeed.RepeatedIndex, "EA-PRV-09", "which vector belongs to which text")]
    [InlineData(Misdeed.Fewer, "EA-PRV-08", "2 texts were sent and 1 vectors came back")]
    [InlineData(Misdeed.NotANumber, "EA-PRV-11", "NaN at position 3")]
    [InlineData(Misdeed.Zero, "EA-PRV-12", "no direction")]
    [InlineData(Misdeed.NotUnit, "EA-PRV-13", "length is 3, although the model promises 1")]
    public async Task An_answer_that_no_column_may_be_filled_from_is_refused(Misdeed misdeed, string code, string words)
    {
        _server.Script.Probe = new(Misdeed: misdeed);

        var report = await ProbeAsync();

        Assert.Equal(code, report.Code);
        Assert.Contains(words, report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_may_come_whole_in_a_moment()
    {
        _server.Script.Probe = Deviation.Named("cut").Answer;

        var report = await ProbeAsync();

        Assert.Equal("EA-PRV-17", report.Code);
        Assert.Contains("Start again in a moment.", report.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Misdeed.OtherModel, "The answer names the model another-model.")]
    [InlineData(Misdeed.NoUsage, "tokens not reported")]
    [InlineData(Misdeed.ReverseOrder, "29 tokens.")]
    [InlineData(Misdeed.Floats, "29 tokens.")]
    public async Task What_is_only_odd_is_said_and_not_refused(Misdeed misdeed, string words)
    {
        _server.Script.Probe = new(Misdeed: misdeed);

        var report = await ProbeAsync();

        Assert.Null(report.Code);
        Assert.Contains(words, report.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_promises_no_length_may_have_any()
    {
        _server.Script.Probe = new(Misdeed: Misdeed.NotUnit);

        var report = await ProbeAsync(options => options.Model = "bge-m3", dimensions: 1536);

        Assert.Null(report.Code);
        Assert.Empty(report.Warnings);
        Assert.Equal(3, report.Norm!.Value, 1e-5);
    }

    [Theory]
    [InlineData(401, """{"error":{"message":"Incorrect API key provided: sk-proj-********cdef.","code":"invalid_api_key"}}""", "EA-PRV-01", "Set a valid key in Embeddings:ApiKey")]
    [InlineData(403, """{"error":{"message":"Country not supported","code":"unsupported_country_region_territory"}}""", "EA-PRV-02", "Allow the key's project")]
    [InlineData(404, """{"error":{"message":"The model does not exist","code":"model_not_found"}}""", "EA-PRV-03", "Check Embeddings:Model")]
    [InlineData(400, """{"error":{"message":"This model does not support specifying dimensions."}}""", "EA-PRV-04", "Embeddings:SendDimensions")]
    [InlineData(429, """{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}""", "EA-PRV-05", "Top the account up")]
    [InlineData(503, "", "EA-PRV-19", "Start again in a moment.")]
    [InlineData(200, """{"error":{"message":"overloaded"}}""", "EA-PRV-07", "overloaded")]
    [InlineData(200, "<html>Sign in</html>", "EA-PRV-22", "Check Embeddings:Endpoint")]
    public async Task A_refusal_is_told_with_its_code_and_what_to_do_and_without_the_key(int status, string body, string code, string words)
    {
        _server.Script.Probe = new(status, body);

        var report = await ProbeAsync();

        Assert.Equal(code, report.Code);
        Assert.Contains(words, report.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", report.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("cdef", report.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, _server.Counts.Probes);
    }

    [Fact]
    public async Task A_provider_that_asks_for_time_is_not_asked_again()
    {
        _server.Script.Probe = new(429, "{}", Headers: new Dictionary<string, string>(StringComparer.Ordinal) { ["Retry-After"] = "7" });

        var report = await ProbeAsync();

        Assert.Equal("EA-PRV-18", report.Code);
        Assert.EndsWith("Start again in 7 s.", report.Sentence, StringComparison.Ordinal);
        Assert.Equal(1, _server.Counts.Probes);
    }

    [Fact]
    public async Task A_provider_that_hangs_is_not_waited_for_longer_than_somebody_waits()
    {
        _server.Script.HangProbes = true;
        var clock = new FakeClock();
        using var provider = Provider(options => options.Timeout = TimeSpan.FromMinutes(10));

        var probing = new ProviderProbe(clock).ProbeAsync(provider, Token);
        await _server.Counts.WhenAsync(counts => counts.Probes == 1, Token);
        Assert.False(probing.IsCompleted);
        clock.Advance(ProviderProbe.Patience);

        var report = await probing;
        Assert.Equal("EA-PRV-16", report.Code);
        Assert.Contains("within 30 s", report.Sentence, StringComparison.Ordinal);

        using var left = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var again = new ProviderProbe(clock).ProbeAsync(provider, left.Token);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await ScriptedProvider.StartAsync(token: Token);
        _server.Script.Probe = new(307, "", Headers: new Dictionary<string, string>(StringComparer.Ordinal) { ["Location"] = $"{elsewhere.Endpoint}/embeddings" });

        Assert.Equal("EA-PRV-23", (await ProbeAsync()).Code);
        Assert.Equal(0, elsewhere.Counts.Probes);
    }

    [Fact]
    public async Task What_is_made_in_this_process_is_tried_as_well()
    {
        using var local = EmbeddingProviders.Create(new EmbeddingOptions(), 24, TimeProvider.System);

        var report = await new ProviderProbe(TimeProvider.System).ProbeAsync(local, Token);

        Assert.Equal((null, "feature-hashing-1", null), (report.Code, report.AnswersAs, report.Tokens));
        Assert.Empty(report.Warnings);
    }

    private async Task<ProbeReport> ProbeAsync(Action<EmbeddingOptions>? change = null, int dimensions = 768)
    {
        using var provider = Provider(change, dimensions);
        return await new ProviderProbe(TimeProvider.System).ProbeAsync(provider, Token);
    }

    private EmbeddingProvider Provider(Action<EmbeddingOptions>? change = null, int dimensions = 768)
    {
        var options = new EmbeddingOptions { Provider = "openai", Endpoint = _server.Endpoint, ApiKey = Key, Timeout = TimeSpan.FromMinutes(1) };
        change?.Invoke(options);
        return EmbeddingProviders.Create(options, dimensions, TimeProvider.System);
    }
}
