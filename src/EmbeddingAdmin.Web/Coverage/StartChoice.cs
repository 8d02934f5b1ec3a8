using System.Globalization;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Coverage;

/// <summary>The three choices that stand first.</summary>
public enum QuickChoice
{
    Missing,
    OutOfDate,
    Choose,
}

/// <summary>What the finer choice goes by.</summary>
public enum ChooseBy
{
    State,
    Failures,
    Keys,
}

/// <summary>What somebody has chosen in the panel in front of a start, complete or not.</summary>
public sealed record StartChoice
{
    /// <summary>The characters that the field for keys takes: what a message of the browser may have, whatever its letters.</summary>
    public const int MostTyped = 10_000;

    public QuickChoice Quick { get; init; }

    public ChooseBy By { get; init; }

    public IReadOnlyList<CoverageState> States { get; init; } = [CoverageState.Missing];

    /// <summary>The run whose failures are meant.</summary>
    public long? FailedIn { get; init; }

    /// <summary>The one cause that is meant; null for all.</summary>
    public FailureCause? FailedAs { get; init; }

    /// <summary>The keys as they were typed.</summary>
    public string Keys { get; init; } = "";

    public string Owner { get; init; } = "";

    /// <summary>The number of rows as it was typed; empty for all.</summary>
    public string First { get; init; } = "";

    /// <summary>What is still missing, as a sentence to the operator; null when it can be asked for.</summary>
    public string? Missing => this switch
    {
        { Quick: not QuickChoice.Choose } => null,
        { By: ChooseBy.State, States.Count: 0 } => "Choose at least one kind of rows.",
        { By: ChooseBy.Failures, FailedIn: null } => "Choose a run.",
        // The browser cuts what is pasted at the end of the field, and says nothing.
        { By: ChooseBy.Keys, Keys.Length: >= MostTyped } => "The field is full, so keys may have been cut off. Name fewer, or give the terminal a file: backfill … --keys @file.",
        { By: ChooseBy.Keys } when KeyList.Read(Keys).Count == 0 => "Name at least one key.",
        { First.Length: > 0 } when Limit is null => "First takes a whole number, 1 or more.",
        _ => null,
    };

    private long? Limit => long.TryParse(First, NumberStyles.AllowThousands | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var rows) && rows > 0 ? rows : null;

    /// <summary>The panel as it stands for a retry of a run's failures.</summary>
    public static StartChoice Retry(long run, FailureCause? cause) => new() { Quick = QuickChoice.Choose, By = ChooseBy.Failures, FailedIn = run, FailedAs = cause };

    public StartRequest Request(string table)
    {
        var request = new StartRequest(RunKind.Backfill, table);
        if (Quick != QuickChoice.Choose)
            return request with { Scope = Quick == QuickChoice.Missing ? [CoverageState.Missing] : CoverageStates.Mendable };
        request = request with { Owner = Owner.Length > 0 ? Owner : null, Limit = Limit };
        return By switch
        {
            ChooseBy.Failures => request with { FailedIn = FailedIn, FailedAs = FailedAs },
            ChooseBy.Keys => request with { Keys = KeyList.Read(Keys) },
            _ => request with { Scope = States },
        };
    }
}
