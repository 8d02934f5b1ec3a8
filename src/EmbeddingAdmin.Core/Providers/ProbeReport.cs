using System.Globalization;

namespace EmbeddingAdmin.Providers;

/// <summary>What a provider answered when it was tried, before any row's text was sent to it.</summary>
public sealed record ProbeReport
{
    /// <summary>What was asked for: provider, host, model, and the column's dimensions.</summary>
    public required EmbeddingModel Model { get; init; }

    /// <summary>When it was tried.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long the answer took.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>The model that the answer names; null when it names none, or came to nothing.</summary>
    public string? AnswersAs { get; init; }

    /// <summary>The length of the vector that is farther from unit length; null when there was no vector.</summary>
    public double? Norm { get; init; }

    /// <summary>Tokens charged for both sentences; null when they were not reported.</summary>
    public long? Tokens { get; init; }

    /// <summary>Why the column must not be filled by this provider, as one of <see cref="ErrorCodes"/>; null when it may be.</summary>
    public string? Code { get; init; }

    /// <summary>What the refusal is; empty without one.</summary>
    public string Happened { get; init; } = "";

    /// <summary>What to do about the refusal; may be empty.</summary>
    public string ToDo { get; init; } = "";

    /// <summary>What is odd and no reason to refuse, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Everything in words, without the code; none of a row's text, and no secret.</summary>
    public string Sentence => Code is null
        ? ProviderFault.Join([$"{Model.Model} {(Model.Provider == LocalEmbeddings.ProviderName ? Model.Host : $"at {Model.Host}")} answered two fixed sentences in {Milliseconds} ms: {Facts}.", .. Warnings])
        : ProviderFault.Join(Happened, "Nothing but two fixed sentences was sent.", ToDo);

    private string Milliseconds => Math.Ceiling(Latency.TotalMilliseconds).ToString("0", CultureInfo.InvariantCulture);

    private string Facts => string.Create(
        CultureInfo.InvariantCulture,
        $"vectors of {Model.Dimensions} dimensions and length {Norm:0.####}, {(Tokens is { } tokens ? $"{tokens} tokens" : "tokens not reported")}");
}
