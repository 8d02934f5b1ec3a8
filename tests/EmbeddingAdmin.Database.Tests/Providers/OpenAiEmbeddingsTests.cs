using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Time;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>The OpenAI provider against a real server, over real sockets. What servers do wrong: DeviationTests.</summary>
public sealed class OpenAiEmbeddingsTests : IAsyncLifetime
{
    private const string Key = "sk-proj-0123456789abcdef";
    private const int Dimensions = 1536;

    private static readonly string[] Texts = ["the sea at night", "漢字 and 🎉", "<|endoftext|>"];

    private readonly FakeClock _clock = new();
    private ScriptedProvider _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await ScriptedProvider.StartAsync(token: Token);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(Misdeed.None)]
    [InlineData(Misdeed.Floats)]
    [InlineData(Misdeed.ReverseOrder)]
    public async Task Every_text_gets_its_own_vector_in_whatever_order_and_form_it_comes(Misdeed misdeed)
    {
        _server.Script.Next(new ScriptedAnswer(Misdeed: misdeed));
        using var provider = Provider();

        var vectors = await provider.GenerateAsync(Texts, cancellationToken: Token);

        Assert.Empty(Oracle.Differences(Texts.Zip(vectors, (text, vector) => new StoredRow(text, text, vector.Vector.ToArray()))));
        Assert.Equal(Texts.Length, vectors.Count);
        Assert.Equal(_server.Counts.Tokens, vectors.Usage?.InputTokenCount);
        Assert.True(_server.Counts.Tokens > 0);
    }

    [Theory]
    [InlineData("Authorization", $"Bearer {Key}", "")]
    [InlineData("api-key", "", Key)]
    public async Task The_key_travels_in_the_header_of_the_settings_and_in_no_other(string header, string authorization, string apiKey)
    {
        using var provider = Provider(options => options.KeyHeader = header);

        await provider.GenerateAsync(Texts, cancellationToken: Token);

        Assert.Equal((authorization, apiKey), (_server.LastRequest!.Authorization, _server.LastRequest.ApiKey));
    }

    [Fact]
    public async Task Tokens_that_are_not_reported_are_unknown_and_not_zero()
    {
        _server.Script.Next(new ScriptedAnswer(Misdeed: Misdeed.NoUsage));
        using var provider = Provider();

        Assert.Null((await provider.GenerateAsync(Texts, cancellationToken: Token)).Usage);
    }

    [Theory]
    [InlineData("text-embedding-3-small", null, true)]
    [InlineData("text-embedding-3-large", null, true)]
    [InlineData("text-embedding-ada-002", null, false)]
    [InlineData("bge-m3", true, true)]
    [InlineData("text-embedding-3-small", false, false)]
    public async Task Dimensions_are_sent_only_to_models_that_take_them(string model, bool? setting, bool sent)
    {
        using var provider = Provider(options =>
        {
            options.Model = model;
            options.SendDimensions = setting;
        });

        await provider.GenerateAsync(Texts, cancellationToken: Token);

        Assert.Equal(sent, _server.LastRequest!.NamesDimensions);
        Assert.Equal(model, _server.LastRequest.Model);
        Assert.Equal($"Bearer {Key}", _server.LastRequest.Authorization);
        Assert.Equal(Texts, _server.LastRequest.Texts);
    }

    [Theory]
    [InlineData(503, "", ProviderFaultKind.Transient, "EA-PRV-19")]
    [InlineData(500, """{"error":"json: unsupported value: NaN"}""", ProviderFaultKind.Transient, "EA-PRV-19")]
    [InlineData(500, "{\"error\":{\"message\":\"base64 is not supported\"}}", ProviderFaultKind.Transient, "EA-PRV-19")]
    [InlineData(408, "", ProviderFaultKind.Transient, "EA-PRV-19")]
    [InlineData(409, "", ProviderFaultKind.Transient, "EA-PRV-19")]
    [InlineData(429, """{"error":{"message":"Billing hard limit has been reached","code":"billing_hard_limit_reached"}}""", ProviderFaultKind.Quota, "EA-PRV-05")]
    [InlineData(400, """{"error":{"message":"The project's spend limit is reached","code":"spend_limit_exceeded"}}""", ProviderFaultKind.Quota, "EA-PRV-05")]
    [InlineData(520, "error code: 520", ProviderFaultKind.Transient, "EA-PRV-19")]
    [InlineData(529, "{}", ProviderFaultKind.Transient, "EA-PRV-19")]
    [InlineData(400, """{"message":"invalid: the sea at night"}""", ProviderFaultKind.BadText, "EA-PRV-21")]
    [InlineData(400, """{"message":"base64"}""", ProviderFaultKind.BadText, "EA-PRV-21")]
    [InlineData(400, """{"error":{"message":"Unknown value","param":"encoding_format"}}""", ProviderFaultKind.Credentials, "EA-PRV-24")]
    [InlineData(422, """{"error":"batch size 33 > maximum allowed batch size 32","error_type":"Validation"}""", ProviderFaultKind.BadText, "EA-PRV-06")]
    public async Task A_refusal_is_understood_by_its_code_and_then_by_its_status(int status, string body, ProviderFaultKind kind, string code)
    {
        var fault = await FaultAsync(new ScriptedAnswer(status, body));

        Assert.Equal((kind, code, (int?)status), (fault.Kind, fault.Code, fault.HttpStatus));
    }

    [Theory]
    [InlineData("{\"object\":\"list\",\"data\":[{\"index\":0,\"embedding\":\"AAAA\"}]}", "EA-PRV-22", "not an answer")]
    [InlineData("<html>Sign in</html>", "EA-PRV-22", "nothing that can be read", ProviderFaultKind.Transient)]
    [InlineData("", "EA-PRV-22", "nothing that can be read", ProviderFaultKind.Transient)]
    [InlineData("{\"object\":\"list\",\"da", "EA-PRV-22", "nothing that can be read", ProviderFaultKind.Transient)]
    public async Task Success_without_vectors_is_none(string body, string code, string words, ProviderFaultKind kind = ProviderFaultKind.BadAnswer)
    {
        var fault = await FaultAsync(new ScriptedAnswer(200, body));

        Assert.Equal((kind, code), (fault.Kind, fault.Code));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html><style>b{}</style><p>Bad &lt;gateway&gt;<br>sk-0123456789abcdef</p><!-- secret --><script>var x</script>", "\"Bad <gateway> …\"")]
    [InlineData("  <b>cut <i", "\"cut\"")]
    [InlineData("<p>open <!-- comment <b>x</b>", "\"open\"")]
    [InlineData("a < b > c", "\"a < b > c\"")]
    public async Task Of_a_page_only_the_words_are_shown(string page, string words)
        => Assert.Contains($"(502, {words})", (await FaultAsync(new ScriptedAnswer(502, page, "text/html"))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Of_a_long_page_the_beginning_is_shown()
    {
        var page = $"<html><body>{string.Concat(Enumerable.Repeat("<p>word</p>", 100_000))}</body></html>";

        var fault = await FaultAsync(new ScriptedAnswer(502, page, "text/html"));

        Assert.Contains(" (502, \"word word ", fault.Message, StringComparison.Ordinal);
        Assert.InRange(fault.Happened.Length, 200, 300);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await ScriptedProvider.StartAsync(token: Token);

        var fault = await FaultAsync(new ScriptedAnswer(307, "", Headers: Header("Location", $"{elsewhere.Endpoint}/embeddings")));

        Assert.Equal((ProviderFaultKind.Credentials, "EA-PRV-23"), (fault.Kind, fault.Code));
        Assert.Equal(0, elsewhere.Counts.Calls);
    }

    [Theory]
    [InlineData("Retry-After", "Wed, 31 Dec 2025 00:00:00 GMT", null)]
    [InlineData("Retry-After", "soon", null)]
    [InlineData("X-Other", "7", null)]
    public async Task The_time_a_provider_asks_for_is_read_in_all_its_forms(string header, string value, double? seconds)
    {
        var fault = await FaultAsync(new ScriptedAnswer(429, "{}", Headers: Header(header, value)));

        Assert.Equal(seconds, fault.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task A_call_that_hangs_ends_at_once_when_the_run_does()
    {
        _server.Script.Hang = true;
        using var provider = Provider(options => options.Timeout = TimeSpan.FromMinutes(10));
        using var run = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var call = provider.GenerateAsync(Texts, cancellationToken: run.Token);
        await _server.Counts.WhenAsync(counts => counts.InFlight == 1, Token);
        await run.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System, Token));
        Assert.Equal(run.Token, cancelled.CancellationToken);
        await _server.Counts.WhenAsync(counts => counts.InFlight == 0, Token);
    }

    [Fact]
    public async Task A_released_call_is_answered()
    {
        _server.Script.Hang = true;
        using var provider = Provider();

        var call = provider.GenerateAsync(Texts, cancellationToken: Token);
        await _server.Counts.WhenAsync(counts => counts.InFlight == 1, Token);
        Assert.False(call.IsCompleted);
        _server.Script.Hang = false;

        Assert.Equal(Texts.Length, (await call).Count);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unreachable()
    {
        using var provider = Provider();
        await _server.DisposeAsync();

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => provider.GenerateAsync(Texts, cancellationToken: Token));

        Assert.Equal((ProviderFaultKind.Transient, "EA-PRV-17"), (fault.Kind, fault.Code));
    }

    [Fact]
    public async Task Encryption_that_is_not_there_is_no_reason_to_do_without()
    {
        using var provider = Provider(options => options.Endpoint = options.Endpoint.Replace("http:", "https:", StringComparison.Ordinal));

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => provider.GenerateAsync(Texts, cancellationToken: Token));

        Assert.Equal((ProviderFaultKind.Credentials, "EA-PRV-15"), (fault.Kind, fault.Code));
        Assert.Equal(0, _server.Counts.Calls);
    }

    [Fact]
    public async Task One_call_is_one_request_and_the_retry_around_it_asks_again()
    {
        _server.Script.FailEvery = 1;
        using var provider = Provider();
        await Assert.ThrowsAsync<ProviderFault>(() => provider.GenerateAsync(Texts, cancellationToken: Token));
        Assert.Equal(1, _server.Counts.Calls);

        _server.Script.FailEvery = 2;
        var call = new EmbeddingCall(provider, _clock, () => 0.5).EmbedAsync(Texts, token: Token);
        await _clock.WhenTimersAsync(1, Token);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(Texts.Length, (await call).Count);
        Assert.Equal(3, _server.Counts.Calls);
        Assert.Equal(3, _server.Counts.Seen(Texts[0]));
    }

    /// <summary>The fault of an answer; whatever it is, it tells neither key nor text.</summary>
    private async Task<ProviderFault> FaultAsync(ScriptedAnswer answer)
    {
        _server.Script.Next(answer);
        using var provider = Provider();

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => provider.GenerateAsync(Texts, cancellationToken: Token));

        Assert.Equal(1, _server.Counts.Calls);
        var told = fault.ToString();
        Assert.StartsWith(fault.Code, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-", told, StringComparison.Ordinal);
        Assert.DoesNotContain("cdef", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Texts[0], told, StringComparison.Ordinal);
        return fault;
    }

    private OpenAiEmbeddings Provider(Action<EmbeddingOptions>? change = null)
    {
        var options = new EmbeddingOptions { Provider = "openai", Endpoint = _server.Endpoint, ApiKey = $" \"{Key}\"\n", Timeout = TimeSpan.FromMinutes(1) };
        change?.Invoke(options);
        return new OpenAiEmbeddings(options, Dimensions, _clock);
    }

    private static Dictionary<string, string> Header(string name, string value) => new(StringComparer.Ordinal) { [name] = value };
}
