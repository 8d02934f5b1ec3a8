namespace EmbeddingAdmin.Access;

/// <summary>What an operator can do about a refusal. It is shown to be copied; this program never runs it.</summary>
/// <param name="Says">What it does and what it costs, in a sentence.</param>
/// <param name="Sql">The exact statements; empty where the cure is a setting or a person.</param>
public sealed record Cure(string Says, string Sql);
