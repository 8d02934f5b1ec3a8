namespace EmbeddingAdmin.Tables;

/// <summary>A column as the catalog has it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as <c>format_type</c> spells it, such as <c>text[]</c>.</param>
/// <param name="BaseType">The type's bare name in <c>pg_type</c>, such as <c>vector</c> or <c>_text</c>.</param>
/// <param name="TypeModifier"><c>atttypmod</c>; of a <c>vector(n)</c> column it is n itself, −1 without a size.</param>
/// <param name="Generated">True for a generated column, which no UPDATE can set.</param>
/// <param name="IsEnum">True for a type made by <c>create type … as enum</c>.</param>
public sealed record ColumnFacts(string Name, string Type, string BaseType, int TypeModifier, bool Generated, bool IsEnum = false)
{
    /// <summary>The type without its modifier, as values are cast to it: a cast to <c>numeric(3,1)</c> or <c>varchar(5)</c> would change the value.</summary>
    public string ValueType { get; init; } = Type;
}

/// <summary>What <c>pg_catalog</c> says of a table, at one moment.</summary>
public sealed record TableFacts
{
    private static readonly string[] CustomaryMadeAt = ["created_at", "inserted_at", "created"];

    /// <summary>The relation's oid.</summary>
    public required uint Oid { get; init; }

    /// <summary>The schema.</summary>
    public required string Schema { get; init; }

    /// <summary>The relation's name in <see cref="Schema"/>.</summary>
    public required string Name { get; init; }

    /// <summary>All columns that are not dropped, in the table's order.</summary>
    public required IReadOnlyList<ColumnFacts> Columns { get; init; }

    /// <summary>The primary key's columns; empty when there is none.</summary>
    public required IReadOnlyList<string> PrimaryKey { get; init; }

    /// <summary>Columns that are unique by themselves and never NULL, the primary key's among them when it is one column.</summary>
    public required IReadOnlyList<string> UniqueColumns { get; init; }

    /// <summary>The schema in which the vector type stands (<c>extensions</c> on Supabase).</summary>
    public required string VectorSchema { get; init; }

    /// <summary><c>pg_class.relkind</c>: <c>r</c> is an ordinary table, <c>p</c> a partitioned one, <c>v</c> a view, <c>m</c> a materialized view, <c>f</c> a foreign table.</summary>
    public required char Kind { get; init; }

    /// <summary>Whether row-level security is on.</summary>
    public required bool RowSecurity { get; init; }

    /// <summary>Rows by <c>pg_class.reltuples</c>, of a partitioned table the sum over its partitions, which row-level security does not filter; −1 when never analysed.</summary>
    public required double EstimatedRows { get; init; }

    /// <summary>Names of the enabled triggers that an UPDATE fires.</summary>
    public required IReadOnlyList<string> UpdateTriggers { get; init; }

    /// <summary>Publications that pass on an UPDATE of the table, such as <c>supabase_realtime</c>: every changed row is sent to whoever listens.</summary>
    public required IReadOnlyList<string> Publications { get; init; }

    /// <summary>Policies for UPDATE or ALL, as <c>name (roles)</c>.</summary>
    public required IReadOnlyList<string> UpdatePolicies { get; init; }

    /// <summary>The column that by its name and type says when a row was made; null when none does.</summary>
    public ColumnFacts? MadeAt => CustomaryMadeAt.Select(name => Columns.FirstOrDefault(column => column.Name == name && column.BaseType is ("timestamptz" or "timestamp"))).OfType<ColumnFacts>().FirstOrDefault();
}
