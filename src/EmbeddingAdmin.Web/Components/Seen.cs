namespace EmbeddingAdmin.Web.Components;

/// <summary>What a stream last said, and the fault, if any, that keeps it from saying more. Old figures stay, with their time, beside the fault.</summary>
/// <param name="Known">Whether it has said anything yet.</param>
public sealed record Seen<T>(bool Known, T? Value, Fault? Fault);
