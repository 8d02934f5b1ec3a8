namespace EmbeddingAdmin.Runs;

/// <summary>The settings of section <c>Backfill</c>: how runs go unless somebody says otherwise.</summary>
public sealed class BackfillOptions
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Backfill";

    /// <summary>Rows per page, 1 to 2,048. About 500 is where the database writes fastest and little is lost by a crash.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>The pace that runs begin with, in rows per second, more than 0; null for as fast as it goes.</summary>
    public double? RowsPerSecond { get; set; }

    /// <summary>Rows per page at this pace: at least four pages a second, so that a slow run is seen to move.</summary>
    internal int PageSize => RowsPerSecond is { } pace ? (int)Math.Clamp(pace / 4, 1, BatchSize) : BatchSize;

    /// <summary>Rows per page where nothing is written: a verification loses nothing by a crash, and each page has its own way to the database and back.</summary>
    internal int ReadSize => Math.Min(BatchSize * 4, 2048);

    /// <summary>Every fault of these settings; empty when there is none.</summary>
    public IEnumerable<SettingProblem> Problems()
    {
        if (BatchSize is < 1 or > 2048)
            yield return new(ErrorCodes.OutOfRange, "Backfill:BatchSize", "It is not a whole number from 1 to 2048. Set one.");
        if (RowsPerSecond is { } pace && !(double.IsFinite(pace) && pace > 0))
            yield return new(ErrorCodes.OutOfRange, "Backfill:RowsPerSecond", "It is not a number above 0. Set one, such as 250 or 0.5, or leave it out.");
    }
}
