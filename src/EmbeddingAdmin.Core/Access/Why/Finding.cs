namespace EmbeddingAdmin.Access.Why;

/// <summary>What looking at one suspect came to.</summary>
/// <param name="Found">What was found.</param>
/// <param name="Sentence">The same in words; of the cause it is the one true sentence.</param>
/// <param name="Details">What it rests on, a line each.</param>
internal sealed record Finding(Found Found, string Sentence, IReadOnlyList<string> Details)
{
    /// <summary>The code of a cause; null when the write would happen, or the row needs none.</summary>
    public string? Code { get; init; }

    /// <summary>What cures it, the recommended first.</summary>
    public IReadOnlyList<Cure> Cures { get; init; } = [];

    /// <summary>Text of the catalog on one line, to be read and not to be run.</summary>
    public static string Flat(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public static Finding Clear(string sentence, params IReadOnlyList<string> details) => new(Found.Clear, sentence, details);

    public static Finding Note(string sentence, params IReadOnlyList<string> details) => new(Found.Note, sentence, details);

    public static Finding NotLooked(string sentence) => new(Found.NotLooked, sentence, []);

    public static Finding Cause(string? code, string sentence, IReadOnlyList<string> details, params IReadOnlyList<Cure> cures) => new(Found.Cause, sentence, details) { Code = code, Cures = cures };
}
