namespace EmbeddingAdmin.Coverage;

/// <summary>The settings of section <c>Coverage</c>: how tables are counted.</summary>
public sealed class CoverageOptions
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Coverage";

    /// <summary>Tables with up to so many rows are counted by state in one statement; the vectors of larger ones are examined by a scan in the background. 0 scans every table.</summary>
    public long ExamineAtOnceUpTo { get; set; } = 20_000;

    /// <summary>The share of the time that a scan works, in percent, 1 to 100; the rest of it the database has for the app.</summary>
    public double ScanPercent { get; set; } = 25;

    /// <summary>Whether a table of so many rows is counted by state in one statement; −1 are rows that nobody has counted, which may be few.</summary>
    internal bool IsSmall(double rows) => ExamineAtOnceUpTo > 0 && rows <= ExamineAtOnceUpTo;

    /// <summary>How many times as long as it has worked a scan rests.</summary>
    internal double Rest => (100 / ScanPercent) - 1;

    /// <summary>Every fault of these settings; empty when there is none.</summary>
    public IEnumerable<SettingProblem> Problems()
    {
        if (ExamineAtOnceUpTo < 0)
            yield return new(ErrorCodes.OutOfRange, "Coverage:ExamineAtOnceUpTo", "It is not a whole number, 0 or more. Set one, such as 20000.");
        if (!(ScanPercent is >= 1 and <= 100))
            yield return new(ErrorCodes.OutOfRange, "Coverage:ScanPercent", "It is not a number from 1 to 100. Set one, such as 25.");
    }
}
