namespace EmbeddingAdmin.Coverage;

/// <summary>How much of a table is embedded, and how far it can be trusted, at one moment.</summary>
public sealed record TableCoverage
{
    /// <summary>The table's configured name.</summary>
    public required string Table { get; init; }

    /// <summary>The vector column.</summary>
    public required string Column { get; init; }

    /// <summary>All rows that this connection's role sees.</summary>
    public required long Total { get; init; }

    /// <summary>Rows by state. A state that was not computed is null, which is not 0.</summary>
    public required IReadOnlyDictionary<CoverageState, long?> States { get; init; }

    /// <summary>Rows that hold a vector, of whatever origin.</summary>
    public required long Embedded { get; init; }

    /// <summary>When the count began, by the database's clock: whatever was committed before is in it.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>False when the figures are an estimate.</summary>
    public required bool Exact { get; init; }

    /// <summary>Rows by <c>pg_class.reltuples</c>, which row-level security does not filter; −1 when never analysed.</summary>
    public required double CatalogRows { get; init; }

    /// <summary>Rows that have text.</summary>
    public long Embeddable => Total - (States[CoverageState.EmptySource] ?? 0);

    /// <summary>Embedded ÷ rows with text, from 0 to 1; null when no row has text: nothing of nothing is not 100 %.</summary>
    public double? Share => Embeddable > 0 ? (double)Embedded / Embeddable : null;

    /// <summary>True when the catalog knows of rows that this role does not see.</summary>
    public bool RowsHidden => Total == 0 && CatalogRows > 0;
}
