namespace EmbeddingAdmin;

/// <summary>Something that is waited for and goes on by itself.</summary>
/// <param name="Why">What is waited for, and why, in whole sentences.</param>
/// <param name="Until">When the wait ends at the latest, or is looked at again; null when nobody knows.</param>
public sealed record Wait(string Why, DateTimeOffset? Until = null);
