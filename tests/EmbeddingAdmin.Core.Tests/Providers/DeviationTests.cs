using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Provider;
using EmbeddingAdmin.Testing.Time;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Core.Tests.Providers;

/// <summary>Everything that a server has been found to do, over real sockets: one request each, and what comes of it.</summary>
public sealed class DeviationTests : IAsyncLifetime
{
    private const string Key = "sk-proj-0f1e2d3c4b5a69788796";
    private const int Dimensions = 1536;

    private static readonly string[] Texts =
    [
        "The sea at night, as the keeper of the lighthouse wrote it down before the lamps went out for good.",
        "漢字 and 🎉, and a sentence that is long enough to be cut by a server that reads only its first words.",
        "<|endoftext|> is a text like any other.",
    ];

    private readonly FakeClock _clock = new();
    private readonly Eavesdropper _ear = new();
    private ScriptedProvider _server = null!;

    public static TheoryData<string> Refused => [.. Verdict.All.Where(verdict => verdict.Kind is not null).Select(verdict => verdict.Name)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await ScriptedProvider.StartAsync(time: _clock, token: Token);

    public async ValueTask DisposeAsync()
    {
        _ear.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Every_deviation_has_its_verdict()
        => Assert.Equal(Deviation.All.Select(deviation => deviation.Name), Verdict.All.Select(verdict => verdict.Name));

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_must_not_be_stored_comes_out_as_a_fault_after_one_request(string name)
    {
        var (verdict, answer) = Of(name);

        var fault = await FaultAsync(name);

        Assert.Equal((verdict.Kind, verdict.Code), (fault.Kind, fault.Code));
        Assert.All(verdict.Says, words => Assert.Contains(words, fault.Message, StringComparison.Ordinal));
        Assert.StartsWith($"{verdict.Code}: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing of this request was stored.", fault.Message, StringComparison.Ordinal);
        Assert.Equal(answer.Status == 200 ? null : answer.Status, fault.HttpStatus);
        Assert.Equal(verdict.Wait, fault.RetryAfter?.TotalSeconds);
        Assert.Equal(verdict.Refuses.Count > 0 ? verdict.Refuses[0] : null, fault.TextIndex);
        Assert.Equal(verdict.Refuses, fault.Part?.Refused.Keys ?? []);
        var kept = Enumerable.Range(0, Texts.Length).Except(verdict.Refuses);
        if (fault.Part is { } part)
        {
            Assert.All(verdict.Refuses, place => Assert.Null(part.Vectors[place]));
            Assert.Empty(Differences(kept.Select(place => Texts[place]), kept.Select(place => part.Vectors[place]!)));
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Neither_the_key_nor_a_text_nor_a_vector_is_told_or_logged(string name)
    {
        var fault = await FaultAsync(name);

        var told = string.Join('\n', [fault.ToString(), .. fault.Part?.Refused.Values.Select(refused => refused.ToString()) ?? []]);
        AssertTellsNothing(told);
        // Of the masked key the ends, and of a quoted text its first words.
        Assert.DoesNotContain("sk-", told, StringComparison.Ordinal);
        Assert.DoesNotContain(Key[^4..], told, StringComparison.Ordinal);
        Assert.DoesNotContain(Texts[0][..10], told, StringComparison.Ordinal);
        Assert.Null(fault.InnerException);
        Assert.NotEmpty(_ear.Heard);
        AssertTellsNothing(string.Join('\n', _ear.Heard));
    }

    [Theory]
    [InlineData("reverse-order")]
    [InlineData("floats")]
    [InlineData("no-usage")]
    [InlineData("no-model-named")]
    [InlineData("other-model")]
    public async Task What_is_only_odd_is_taken_and_every_text_gets_its_own_vector(string name)
    {
        var made = await TakenAsync(name);

        Assert.Empty(Differences(Texts, made));
        Assert.Equal(name == "no-usage" ? null : _server.Counts.Tokens, made.Usage?.InputTokenCount);
        Assert.All(made, vector => Assert.Equal(
            name switch { "no-model-named" => null, "other-model" => "another-model", _ => "text-embedding-3-small" }, vector.ModelId));
        AssertTellsNothing(string.Join('\n', _ear.Heard));
    }

    [Fact]
    public async Task Texts_that_were_cut_are_charged_for_what_was_left_of_them()
    {
        var made = await TakenAsync("texts-cut");

        Assert.Equal(16 + 16 + 10, made.Usage?.InputTokenCount);
        Assert.Empty(Differences([Texts[0][..64]], made.Take(1)));
        Assert.NotEmpty(Differences([Texts[1]], made.Skip(1).Take(1)));
    }

    [Fact]
    public async Task A_certificate_that_no_authority_signed_is_refused_before_anything_is_sent()
    {
        using var provider = Provider(options => options.Endpoint = _server.SelfSignedEndpoint);

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => provider.GenerateAsync(Texts, cancellationToken: Token));

        Assert.Equal((ProviderFaultKind.Credentials, "EA-PRV-15"), (fault.Kind, fault.Code));
        Assert.Contains("cannot be trusted", fault.Message, StringComparison.Ordinal);
        Assert.Contains("No text was sent.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("install the authority", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0, _server.Counts.Calls);
    }

    private static (Verdict Verdict, ScriptedAnswer Answer) Of(string name)
        => (Verdict.All.Single(verdict => verdict.Name == name), Deviation.Named(name).Answer);

    private static void AssertTellsNothing(string told)
    {
        Assert.DoesNotContain(Key, told, StringComparison.Ordinal);
        foreach (var text in Texts)
        {
            Assert.DoesNotContain(text[..24], told, StringComparison.Ordinal);
            var vector = Oracle.Vector(text, Dimensions);
            Assert.DoesNotContain(Convert.ToBase64String(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(vector))[..32], told, StringComparison.Ordinal);
            Assert.DoesNotContain($"{vector[0]:R}", told, StringComparison.Ordinal);
        }
    }

    private static IReadOnlyList<string> Differences(IEnumerable<string> texts, IEnumerable<Embedding<float>> vectors)
        => Oracle.Differences(texts.Zip(vectors, (text, vector) => new StoredRow(text, text, vector.Vector.ToArray())));

    private async Task<ProviderFault> FaultAsync(string name)
    {
        // Only these two have no other end than the client's own; on a busy machine a request takes its time to come as far as the server.
        using var provider = Provider(options => options.Timeout = name is "hang" or "drip" ? TimeSpan.FromSeconds(3) : options.Timeout);
        _server.Script.Play(Deviation.Named(name), Occasion.Always);

        var fault = await Assert.ThrowsAsync<ProviderFault>(() => provider.GenerateAsync(Texts, cancellationToken: Token));

        Assert.Equal(1, _server.Counts.Calls);
        return fault;
    }

    private async Task<GeneratedEmbeddings<Embedding<float>>> TakenAsync(string name)
    {
        Assert.Null(Of(name).Verdict.Kind);
        using var provider = Provider();
        _server.Script.Play(Deviation.Named(name), Occasion.Always);

        var made = await provider.GenerateAsync(Texts, cancellationToken: Token);

        Assert.Equal((1L, Texts.Length), (_server.Counts.Calls, made.Count));
        return made;
    }

    private OpenAiEmbeddings Provider(Action<EmbeddingOptions>? change = null)
    {
        var options = new EmbeddingOptions { Provider = "openai", Endpoint = _server.Endpoint, ApiKey = Key, BatchSize = Texts.Length, Timeout = TimeSpan.FromSeconds(30) };
        change?.Invoke(options);
        return new OpenAiEmbeddings(options, Dimensions, _clock);
    }
}
