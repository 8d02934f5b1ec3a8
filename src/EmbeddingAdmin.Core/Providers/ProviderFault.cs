using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Providers;

/// <summary>What has to happen after a provider failed.</summary>
public enum ProviderFaultKind
{
    /// <summary>The same request may work in a moment: network, time-out, 5xx.</summary>
    Transient,

    /// <summary>The provider asked to slow down; see <see cref="ProviderFault.RetryAfter"/>.</summary>
    RateLimited,

    /// <summary>Money or quota is used up. A person must act; trying again only repeats the refusal.</summary>
    Quota,

    /// <summary>
    /// The provider refuses the settings, whatever the text: key, project, model, dimensions, address, certificate. A person must act.
    /// </summary>
    Credentials,

    /// <summary>
    /// At least one text of the request, or their sum, is refused. The provider does not say which: a smaller request tells.
    /// </summary>
    BadText,

    /// <summary>The provider answered, and the answer must not be stored.</summary>
    BadAnswer,

    /// <summary>The provider fails so much, or has failed for so long, that a person must decide whether to go on.</summary>
    Unwell,
}

/// <summary>
/// The one type of provider trouble. Its message is scrubbed of keys and of the texts that were sent, and it carries no inner
/// exception, because those quote both.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "A fault is what the field calls it; it is one noun with its kind.")]
public sealed class ProviderFault : Exception
{
    /// <summary>What is true of every request that failed.</summary>
    public const string NothingStored = "Nothing of this request was stored.";

    /// <param name="kind">What has to happen next.</param>
    /// <param name="code">One of the <c>EA-PRV-…</c> codes of <see cref="ErrorCodes"/>.</param>
    /// <param name="happened">What happened, already scrubbed: one sentence.</param>
    /// <param name="toDo">What to do about it; empty when nothing helps.</param>
    /// <param name="notDone">What was not done.</param>
    public ProviderFault(ProviderFaultKind kind, string code, string happened, string toDo = "", string notDone = NothingStored)
        : base($"{code}: {Join(happened, notDone, toDo)}")
    {
        Kind = kind;
        Code = code;
        Happened = happened;
        ToDo = toDo;
    }

    /// <summary>What has to happen next.</summary>
    public ProviderFaultKind Kind { get; }

    /// <summary>One of the <c>EA-PRV-…</c> codes of <see cref="ErrorCodes"/>.</summary>
    public string Code { get; }

    /// <summary>What happened, in one sentence without the code.</summary>
    public string Happened { get; }

    /// <summary>What to do about it; empty when nothing helps.</summary>
    public string ToDo { get; }

    /// <summary>How long the provider asked to wait; null when it did not say. May be longer than a retry is willing to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The HTTP status; null when there was no answer.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>The place of the text (0-based, in the request) whose vector was refused; null when no single one is to blame.</summary>
    public int? TextIndex { get; init; }

    /// <summary>Whether the same request may be sent again without anybody changing anything.</summary>
    public bool MayHeal => Kind is ProviderFaultKind.Transient or ProviderFaultKind.RateLimited;

    /// <summary>What is left of an answer of which single vectors were refused; null when the answer was refused as a whole.</summary>
    internal PartOfAnswer? Part { get; init; }

    /// <summary>
    /// Whether the server failed inside (500, 520), which some servers do for a text that they cannot deal with, however often it is
    /// sent. 502 to 504 and 529 are of the way there and of its load, never of a text.
    /// </summary>
    internal bool FailedInside => HttpStatus is 500 or 520;

    /// <summary>What the answer said of limits; null when it said nothing.</summary>
    internal RateHeaders? Rates { get; init; }

    /// <summary>
    /// Whether it may be waited out although a request's tries are used up, and be one text's doing all the same: some servers never answer for
    /// a text that they cannot deal with.
    /// </summary>
    internal bool Stays => Kind == ProviderFaultKind.Transient && !FailedInside && !(RetryAfter > EmbeddingCall.LongestWait);

    /// <summary>Whether it may be about one text of the request, so that a smaller request tells more than the same one again.</summary>
    internal bool MayBeOneText => FailedInside || Kind == ProviderFaultKind.BadText || Part is { IsNothing: false } || this is { Kind: ProviderFaultKind.BadAnswer, Code: ErrorCodes.UnreadableAnswer };

    /// <summary>Whether both say the same.</summary>
    internal bool IsLike(ProviderFault other) => HttpStatus == other.HttpStatus && string.Equals(Happened, other.Happened, StringComparison.Ordinal);

    /// <summary>Sentences in a row, without those that are empty.</summary>
    internal static string Join(params IEnumerable<string> sentences) => string.Join(' ', sentences.Where(sentence => sentence.Length > 0));
}

/// <summary>The vectors of an answer that may be stored.</summary>
/// <param name="Vectors">One for each text of the request, in their order; null where it was refused.</param>
/// <param name="Refused">Why those were refused, by the place of their text.</param>
/// <param name="Usage">What the provider charged for all of them.</param>
internal sealed record PartOfAnswer(IReadOnlyList<Embedding<float>?> Vectors, IReadOnlyDictionary<int, ProviderFault> Refused, UsageDetails? Usage)
{
    /// <summary>Whether every vector was refused.</summary>
    public bool IsNothing => Refused.Count == Vectors.Count;

    /// <summary>The texts that got the vector of another one.</summary>
    public IEnumerable<int> Twins => Refused.Where(refused => refused.Value.Code == ErrorCodes.SameVectors).Select(refused => refused.Key);
}
