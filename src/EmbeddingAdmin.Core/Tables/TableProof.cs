namespace EmbeddingAdmin.Tables;

/// <summary>The columns that rows are found by and written to, and the vector's length.</summary>
internal sealed record ProvenColumns(ColumnFacts Key, ColumnFacts Vector, int Dimensions);

/// <summary>Why a table can or cannot be used as it is configured; settings and discovery ask here, so that both say the same.</summary>
internal static class TableProof
{
    private static readonly string[] KeyTypes = ["uuid", "int4", "int8", "text"];

    /// <summary>Whether rows can be found again by a column of this type.</summary>
    public static bool IsKeyType(ColumnFacts column) => KeyTypes.Contains(column.BaseType, StringComparer.Ordinal);

    /// <param name="table">The table as it is configured.</param>
    /// <param name="facts">The relation as the catalog has it.</param>
    /// <param name="dimensions">The length for a column without a size (<c>Embeddings:Dimensions</c>).</param>
    /// <exception cref="EmbeddingAdminException">It cannot be used; the code and the sentence say why.</exception>
    public static ProvenColumns Prove(EmbeddingTable table, TableFacts facts, int? dimensions)
    {
        var name = $"{table.Schema}.{table.Table}";
        if (facts.VectorSchema.Length == 0)
            throw TableFactsReader.NoExtension();
        if (WhyNotWritable(facts.Kind) is { } why)
            throw new EmbeddingAdminException(ErrorCodes.TableKind, $"{name} is {why}. Nothing was read or written. Name the table that stands behind it.");
        var key = Key(table, facts, name);
        var vector = Vector(table, facts, name);
        foreach (var other in new[] { table.Owner, table.CreatedAt }.OfType<string>().Where(other => facts.Columns.All(c => c.Name != other)))
            throw new EmbeddingAdminException(ErrorCodes.TableColumn, $"The settings of {table.Name} name the column {other}, which {name} does not have. Nothing was read or written.{NearMatch.Sentence(other, facts.Columns.Select(c => c.Name))}");
        var length = vector.TypeModifier >= 1 ? vector.TypeModifier : dimensions
            ?? throw new EmbeddingAdminException(ErrorCodes.VectorWithoutSize, $"{name}.{vector.Name} is a {vector.BaseType} without a size. Nothing was written. Set Embeddings:Dimensions, or give the column its size: alter table {SqlName.Of(table.Schema, table.Table)} alter column {SqlName.Of(vector.Name)} type {SqlName.Of(facts.VectorSchema, vector.BaseType)}(1536);");
        return new(key, vector, length);
    }

    private static string? WhyNotWritable(char kind) => kind switch
    {
        'r' or 'p' => null,
        'v' => "a view: whether an update reaches a row, and whose rights count, is decided behind it",
        'm' => "a materialized view, which cannot be updated",
        'f' => "a foreign table: its rows are in another database, where nothing can be locked or proved",
        _ => "not a table",
    };

    private static ColumnFacts Key(EmbeddingTable table, TableFacts facts, string name)
    {
        if (table.Key is { } named && !facts.UniqueColumns.Contains(named, StringComparer.Ordinal))
        {
            throw new EmbeddingAdminException(ErrorCodes.TableKey, facts.Columns.Any(c => c.Name == named)
                ? $"The key {name}.{named} is not unique and not null by itself. Rows are found again by it; nothing was read or written. Name another column in Key, or add a unique constraint and NOT NULL."
                : $"The settings of {table.Name} name the key {named}, which {name} does not have. Nothing was read or written.{NearMatch.Sentence(named, facts.Columns.Select(c => c.Name))}");
        }

        var keyName = table.Key ?? (facts.PrimaryKey is [var only] ? only : null)
            ?? throw new EmbeddingAdminException(
                ErrorCodes.TableKey,
                $"{name} has {(facts.PrimaryKey.Count == 0 ? "no primary key" : $"a primary key of several columns ({string.Join(", ", facts.PrimaryKey)})")}. Rows are found again by a key of one column; nothing was read or written. "
                + (facts.UniqueColumns.Count > 0 ? $"Name a unique column in Key; there is {string.Join(", ", facts.UniqueColumns)}." : "Add a column that is unique and not null, and name it in Key."));
        var key = facts.Columns.Single(c => c.Name == keyName);
        return IsKeyType(key) ? key
            : throw new EmbeddingAdminException(ErrorCodes.TableKey, $"The key {name}.{key.Name} is {key.Type}. Keys of type uuid, int, bigint and text can be used; nothing was read or written.");
    }

    private static ColumnFacts Vector(EmbeddingTable table, TableFacts facts, string name)
    {
        var vector = facts.Columns.FirstOrDefault(c => c.Name == table.Vector)
            ?? throw new EmbeddingAdminException(ErrorCodes.VectorColumn, $"{name} has no column {table.Vector}. Nothing was written. Add it with: alter table {SqlName.Of(table.Schema, table.Table)} add column {SqlName.Of(table.Vector)} {SqlName.Of(facts.VectorSchema, "vector")}(1536);{NearMatch.Sentence(table.Vector, facts.Columns.Select(c => c.Name))}");
        return vector.BaseType is "vector" or "halfvec" && !vector.Generated ? vector
            : throw new EmbeddingAdminException(ErrorCodes.VectorColumn, $"{name}.{vector.Name} is {(vector.Generated ? "a generated column" : vector.Type)}, not a vector column that can be written. Nothing was written. Name a column of type vector or halfvec in Vector.");
    }
}
