using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Tables;

/// <summary>
/// A configured table as the catalog has it: every name quoted and every type known, so that statements can be built
/// from it. In a statement the table's alias is always <c>t</c>.
/// </summary>
public sealed record Target
{
    /// <summary>The configured table that this was resolved from.</summary>
    public required EmbeddingTable Table { get; init; }

    /// <summary>What the catalog says of the relation.</summary>
    public required TableFacts Facts { get; init; }

    /// <summary>The relation, schema-qualified.</summary>
    public required SqlName Relation { get; init; }

    /// <summary>The key column.</summary>
    public required SqlName Key { get; init; }

    /// <summary>The key column's bare name.</summary>
    public required string KeyName { get; init; }

    /// <summary>The key's type as SQL spells it, such as <c>uuid</c>; from <c>format_type</c>.</summary>
    public required string KeyType { get; init; }

    /// <summary>The vector column.</summary>
    public required SqlName Vector { get; init; }

    /// <summary>The vector column's type, schema-qualified, such as <c>"extensions"."vector"</c> or <c>"extensions"."halfvec"</c>.</summary>
    public required SqlName VectorType { get; init; }

    /// <summary>Whether the column keeps its numbers in half precision (<c>halfvec</c>): what is read back is what was sent, rounded.</summary>
    public required bool HalfPrecision { get; init; }

    /// <summary>The rows that count, as a condition on the row <c>t</c>; <c>true</c> when all do.</summary>
    public required string Filter { get; init; }

    /// <summary>The operator that compares two vectors, schema-qualified: the extension's schema need not be on the search path.</summary>
    public string VectorEquals => $"operator({SqlName.Of(Facts.VectorSchema)}.=)";

    /// <summary>The vector's length in numbers, from the column's type.</summary>
    public required int Dimensions { get; init; }

    /// <summary>What one vector of the column takes on the disk and on the wire.</summary>
    public int VectorBytes => (Dimensions * (HalfPrecision ? 2 : 4)) + 8;

    /// <summary>The recipe as one SQL expression.</summary>
    public required SourceText Text { get; init; }

    /// <summary>The recipe as it was written, and by whose word it is in force.</summary>
    public required RecipeInForce Recipe { get; init; }

    /// <summary>What a run holds the table to while it writes; null outside a run.</summary>
    internal FrozenTable? Frozen { get; init; }

    /// <summary>The name under which stamps and runs know the column; see <see cref="EmbeddingTable.ColumnName"/>.</summary>
    public string ColumnName => Table.ColumnName;

    /// <summary>The column that says when a row was made: that of the settings, or what is called so by custom; null when none does.</summary>
    public ColumnFacts? MadeAt => Facts.Columns.FirstOrDefault(column => column.Name == Table.CreatedAt) ?? Facts.MadeAt;

    /// <summary>Every column that is ever read of the table, by bare names: the key, what text and filter are made of, whose a row is, when it was made, and the vector.</summary>
    public IReadOnlyList<string> Reads =>
        [.. ((IEnumerable<string?>)[KeyName, .. Text.Columns, .. RowFilter.Columns(Table.Filter), Table.Owner, MadeAt?.Name, Table.Vector]).OfType<string>().Distinct(StringComparer.Ordinal)];

    /// <summary>The name of a function of pgvector, schema-qualified.</summary>
    public SqlName Function(string name) => SqlName.Of(Facts.VectorSchema, name);

    /// <summary>The SQL of a vector's Euclidean length.</summary>
    public string Norm(string vector) => $"{Function(HalfPrecision ? "l2_norm" : "vector_norm")}({vector})";

    /// <summary>The SQL of a vector's bytes, whose sha256 is the stamp's <c>vector_hash</c>.</summary>
    public string Bytes(string vector) => $"{Function(HalfPrecision ? "halfvec_send" : "vector_send")}({vector})";

    /// <summary>The SQL of a value of the column as a <c>vector</c>, which is how vectors are read.</summary>
    public string AsVector(string value) => HalfPrecision ? $"{value}::{SqlName.Of(Facts.VectorSchema, "vector")}" : value;

    /// <summary>The SQL of a <c>vector</c> as the column's type, which is how vectors are sent; <c>halfvec</c> rounds.</summary>
    public string AsColumn(string vector) => HalfPrecision ? $"{vector}::{VectorType}" : vector;
}
