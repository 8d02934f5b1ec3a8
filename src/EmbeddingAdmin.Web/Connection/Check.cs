using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>What a check found: in order, in the way, to be known, or merely so.</summary>
public enum Mark { Right, Wrong, Note, Fact }

/// <summary>One thing about the connection that can be right or wrong.</summary>
/// <param name="Mark">What was found.</param>
/// <param name="What">What was looked at.</param>
/// <param name="Found">How it is; never a secret.</param>
/// <param name="Sentence">What it means and what to do; null where there is nothing to say.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/>; null when nothing is wrong.</param>
public sealed record Check(Mark Mark, string What, string Found, string? Sentence = null, string? Code = null)
{
    /// <summary>A fault of the world, with its cure.</summary>
    internal static Check Of(string what, string found, EmbeddingAdminException fault) => new(Mark.Wrong, what, found, fault.Message, fault.Code);
}
