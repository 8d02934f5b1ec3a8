namespace EmbeddingAdmin;

/// <summary>A fault of a setting, or a warning about one.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Setting">The setting's name, such as <c>Supabase:ServiceKey</c>.</param>
/// <param name="Sentence">What is wrong and what to set; never a value that may be secret.</param>
public sealed record SettingProblem(string Code, string Setting, string Sentence)
{
    /// <summary>The line that an operator reads: <c>CODE Setting: sentence</c>.</summary>
    public override string ToString() => $"{Code} {Setting}: {Sentence}";
}
