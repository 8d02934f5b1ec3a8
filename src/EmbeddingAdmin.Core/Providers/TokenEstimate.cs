using System.Globalization;

namespace EmbeddingAdmin.Providers;

/// <summary>What a provider charged for a column's texts so far.</summary>
/// <param name="Tokens">Tokens charged, more than 0.</param>
/// <param name="Bytes">UTF-8 bytes of the texts that they were charged for, more than 0.</param>
/// <param name="Runs">The runs that this is known from, ascending; at least one.</param>
public sealed record TokenUsage(long Tokens, long Bytes, IReadOnlyList<long> Runs)
{
    /// <summary>Tokens for a byte.</summary>
    public double Ratio => (double)Tokens / Bytes;

    internal string InWords => Runs.Count switch
    {
        1 => $"run {Runs[0]}",
        <= 4 => $"runs {string.Join(", ", Runs.SkipLast(1))} and {Runs[^1]}",
        _ => $"{Runs.Count} runs, the last of them run {Runs[^1]}",
    };
}

/// <summary>
/// What a number of texts will probably come to, before any of it is sent. Best known is what the provider charged for texts of the
/// same column. Before that, a quarter of the UTF-8 bytes: the provider's own gate counts so, and the truth is within 40 % of it.
/// </summary>
/// <param name="Bytes">UTF-8 bytes of all texts.</param>
/// <param name="Usage">What was charged for texts of the same column by the same model; null when that is not known.</param>
public sealed record TokenEstimate(long Bytes, TokenUsage? Usage = null)
{
    // The rows that are left need not be like those that were charged.
    private const decimal SpreadOfUsage = 0.1m;
    private const decimal Spread = 0.4m;

    /// <summary>What it was computed from, and how far it may be off, in words.</summary>
    public string Basis => Usage is null
        ? "UTF-8 bytes ÷ 4, ± 40 %, until a run of this table with this model tells better"
        : string.Create(CultureInfo.InvariantCulture, $"{Usage.Ratio:0.00#} tokens per byte, from the usage of {Usage.InWords}, ± 10 %");

    /// <summary>The likely number of tokens.</summary>
    public long Tokens => (long)decimal.Ceiling(Likely);

    /// <summary>The lower end of the range.</summary>
    public long AtLeast => (long)decimal.Floor(Likely * (1 - Off));

    /// <summary>The upper end of the range.</summary>
    public long AtMost => (long)decimal.Ceiling(Likely * (1 + Off));

    private decimal Likely => Usage is null ? Bytes / 4m : (decimal)Bytes * Usage.Tokens / Usage.Bytes;

    private decimal Off => Usage is null ? Spread : SpreadOfUsage;
}
