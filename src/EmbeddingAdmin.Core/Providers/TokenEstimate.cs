namespace EmbeddingAdmin.Providers;

/// <summary>
/// What a number of texts will probably come to, before any of it is sent. The basis is the number of UTF-8 bytes: a quarter of it is
/// the gate's own estimate and right for English; other scripts and code take more, up to a token for every two bytes, and plain
/// prose may take a token for every five.
/// </summary>
/// <param name="Bytes">UTF-8 bytes of all texts.</param>
public sealed record TokenEstimate(long Bytes)
{
    /// <summary>What it was computed from, in words.</summary>
    public const string Basis = "UTF-8 bytes ÷ 4; the range is bytes ÷ 5 to bytes ÷ 2";

    /// <summary>The likely number of tokens.</summary>
    public long Tokens => (Bytes + 3) / 4;

    /// <summary>The lower end of the range.</summary>
    public long AtLeast => Bytes / 5;

    /// <summary>The upper end of the range.</summary>
    public long AtMost => (Bytes + 1) / 2;
}
