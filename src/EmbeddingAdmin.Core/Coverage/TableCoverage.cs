namespace EmbeddingAdmin.Coverage;

/// <summary>How much of a table is embedded, and how far it can be trusted. Each figure says how it is known and of when it is.</summary>
public sealed record TableCoverage
{
    /// <summary>The table's configured name.</summary>
    public required string Table { get; init; }

    /// <summary>The vector column.</summary>
    public required string Column { get; init; }

    /// <summary>All rows that count and that this connection's role sees.</summary>
    public required Figure Rows { get; init; }

    /// <summary>Of these, the rows that hold a vector, of whatever origin.</summary>
    public required Figure WithVector { get; init; }

    /// <summary>The rows by state. A state that was not computed is null, which is not 0.</summary>
    public required IReadOnlyDictionary<CoverageState, Figure?> Figures { get; init; }

    /// <summary>Rows by <c>pg_class.reltuples</c>, which row-level security does not filter; −1 when never analysed or not asked.</summary>
    public required double CatalogRows { get; init; }

    /// <summary>Whether row-level security leaves this role no row. What the catalog says is then all that is known.</summary>
    public bool RowsHidden { get; init; }

    /// <summary>Whether the table has rows, and its filter leaves all of them out.</summary>
    public bool FilteredOut { get; init; }

    /// <summary>How far the scan is that examines the vectors; null when none is under way, or the table is small enough to do without.</summary>
    public ScanProgress? Scan { get; init; }

    /// <summary>Whether the vectors are due to be examined by a scan: none has gone through, the last one is old, or a run has written since.</summary>
    public bool ScanDue { get; init; }

    /// <summary>The number of all rows that count.</summary>
    public long Total => Rows.Rows;

    /// <summary>The number of rows that hold a vector.</summary>
    public long Embedded => WithVector.Rows;

    /// <summary>The number of rows in a state; null when it was not computed.</summary>
    public long? this[CoverageState state] => Figures[state]?.Rows;

    /// <summary>The numbers of all states.</summary>
    public IReadOnlyDictionary<CoverageState, long?> States => Figures.ToDictionary(figure => figure.Key, figure => figure.Value?.Rows);

    /// <summary>The moment of the count, by the database's clock.</summary>
    public DateTimeOffset AsOf => Rows.AsOf;

    /// <summary>False when rows or vectors are an estimate.</summary>
    public bool Exact => Rows.IsExact && WithVector.IsExact;

    /// <summary>Rows that have text.</summary>
    public long Embeddable => Total - (this[CoverageState.EmptySource] ?? 0);

    /// <summary>Embedded ÷ rows with text, from 0 to 1; null when no row has text: nothing of nothing is not 100 %.</summary>
    public double? Share => Embeddable > 0 ? Math.Min(1, (double)Embedded / Embeddable) : null;


    /// <summary>Rows that hold a vector and are in none of the computed states: written since the scan, or never examined.</summary>
    public long Unexamined => Math.Max(0, Embedded - CoverageStates.OfVectors.Sum(state => this[state] ?? 0));
}
