namespace EmbeddingAdmin.Web.Connection;

/// <summary>Everything about the connection, as it was at one moment.</summary>
/// <param name="Parts">What was looked at, part by part.</param>
/// <param name="Refused">Whether the database refused us, so that it must not be asked again by itself.</param>
/// <param name="AsOf">When the last answer came.</param>
public sealed record ConnectionReport(IReadOnlyList<ConnectionPart> Parts, bool Refused, DateTimeOffset AsOf);

/// <summary>One of the things that the dashboard is connected with.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Checks">What was found of it.</param>
/// <param name="More">What another page says of it; null when this is all.</param>
public sealed record ConnectionPart(string Title, IReadOnlyList<Check> Checks, PageLink? More = null);

/// <summary>A way to another page.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Text">What is found there.</param>
public sealed record PageLink(string Address, string Text);
