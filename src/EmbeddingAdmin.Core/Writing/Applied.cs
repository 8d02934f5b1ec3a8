namespace EmbeddingAdmin.Writing;

/// <summary>What kept rows of a page from being written for now.</summary>
public enum Hindrance
{
    /// <summary>Nothing: every row of the page has its outcome.</summary>
    None,
    /// <summary>Somebody else has locked these very rows; the others of the page are written.</summary>
    RowsLocked,
    /// <summary>Somebody else has locked the table; nothing of the page is written.</summary>
    TableLocked,
    /// <summary>The rows are free, and what a trigger of theirs touches is locked; nothing of the page is written.</summary>
    Busy,
    /// <summary>The server's time for a statement was over; nothing of the page is written.</summary>
    TooSlow,
}

/// <summary>What became of a page that was applied.</summary>
/// <param name="Receipt">The change of the run's receipt.</param>
public sealed record Applied(Receipt Receipt)
{
    /// <summary>Why rows are left.</summary>
    public Hindrance Hindrance { get; init; }

    /// <summary>Whether the page has its row in the ledger. If not, nothing of it was written and all of it is left, under the same number.</summary>
    public bool Entered { get; init; } = true;

    /// <summary>The keys of the rows that are left of a page that was entered.</summary>
    public IReadOnlySet<string> Left { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Rows of the page that failed, whatever they were before.</summary>
    public long Failed { get; init; }

    /// <summary>Rows of the page whose text is too long.</summary>
    public long TooLong { get; init; }

    /// <summary>How long the transaction worked, without its waits for locks.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>Nothing of the page was written.</summary>
    internal static Applied Nothing(Hindrance why) => new(Receipt.Empty) { Hindrance = why, Entered = false };

    /// <summary>A page that was entered with these rows.</summary>
    internal static Applied Of(Receipt receipt, IReadOnlyCollection<RowResult> rows) => new(receipt)
    {
        Failed = rows.Count(row => row.Outcome == RowOutcome.Failed),
        TooLong = rows.Count(row => row.Outcome == RowOutcome.TooLong),
    };
}
