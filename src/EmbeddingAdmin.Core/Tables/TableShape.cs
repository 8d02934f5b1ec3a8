using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>A column as a run found it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type with its size, such as <c>vector(1536)</c>.</param>
/// <param name="Place">Its place in the table, which no other column ever gets.</param>
public sealed record ColumnShape(string Name, string Type, int Place);

/// <summary>What of a table has to stay as it is while a run works on it.</summary>
public sealed record TableShape
{
    /// <summary>The schema.</summary>
    public required string Schema { get; init; }

    /// <summary>The relation's name in <see cref="Schema"/>.</summary>
    public required string Table { get; init; }

    /// <summary>The relation's oid: one that was dropped and made again has another.</summary>
    public required uint Oid { get; init; }

    /// <summary>The primary key's columns; empty when there is none.</summary>
    public required IReadOnlyList<string> PrimaryKey { get; init; }

    /// <summary>The column by which rows are found; null when there is none of that name.</summary>
    public ColumnShape? Key { get; init; }

    /// <summary>The vector column; null when there is none of that name.</summary>
    public ColumnShape? Vector { get; init; }

    /// <summary>The rows that count, as the settings say it; null when all do.</summary>
    public string? Filter { get; init; }

    /// <summary>The SQL that reads a shape. $1 is the schema, $2 the table, $3 the key column, $4 the vector column.</summary>
    internal const string Columns =
        """
        (select n.nspname from pg_namespace n where n.oid = c.relnamespace)::text, c.relname::text, c.oid,
        coalesce((select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum)) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                   where i.indrelid = c.oid and i.indisprimary), '{}'),
        k.attname::text, k.type, k.attnum::int, v.attname::text, v.type, v.attnum::int
        """;

    /// <summary>What <see cref="Columns"/> is read from; no row when there is no such relation.</summary>
    internal const string From =
        """
        pg_class c left join lateral
        (select a.attname, a.attnum, t.typname || case when a.atttypmod >= 0 then '(' || a.atttypmod || ')' else '' end as type
           from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname = $3) k on true left join lateral
        (select a.attname, a.attnum, t.typname || case when a.atttypmod >= 0 then '(' || a.atttypmod || ')' else '' end as type
           from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname = $4) v on true
        where c.relname = $2 and c.relnamespace = (select oid from pg_namespace where nspname = $1)
        """;

    /// <summary>Reads the shape that the table has now; null when there is no such table.</summary>
    public static async Task<TableShape?> ReadAsync(NpgsqlDataSource database, EmbeddingTable table, string key, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        await using var command = database.CreateCommand($"select {Columns} from {From}");
        foreach (var name in new[] { table.Schema, table.Table, key, table.Vector })
            command.Parameters.Add(new() { Value = name });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Map(reader) with { Filter = table.Filter } : null;
    }

    /// <summary>What is not as it was any more, in one sentence; null when all is.</summary>
    /// <param name="now">The table as it is now; null when it is gone.</param>
    public string? Unlike(TableShape? now)
    {
        if (now is null)
            return $"The run was planned for the table {Schema}.{Table}, which is not there any more.";
        if ((Schema, Table) != (now.Schema, now.Table))
            return $"The run was planned for the table {Schema}.{Table}, and the settings name {now.Schema}.{now.Table} now.";
        if (Oid != now.Oid)
            return $"The table {Schema}.{Table} that the run was planned for was dropped or renamed, and another bears its name now.";
        if (Unlike("vector column", Vector, now.Vector) is { } vector)
            return vector;
        if (Unlike("key column", Key, now.Key) is { } key)
            return key;
        if (!PrimaryKey.SequenceEqual(now.PrimaryKey, StringComparer.Ordinal))
            return $"The run was planned for a table whose primary key is {Names(PrimaryKey)}, and it is {Names(now.PrimaryKey)} now.";
        return Filter != now.Filter ? $"The run was planned for {Rows(Filter)} of {Schema}.{Table}, and the settings name {Rows(now.Filter)} now." : null;
    }

    internal static TableShape Map(NpgsqlDataReader reader) => new()
    {
        Schema = reader.GetString(0),
        Table = reader.GetString(1),
        Oid = reader.GetFieldValue<uint>(2),
        PrimaryKey = reader.GetFieldValue<string[]>(3),
        Key = Column(reader, 4),
        Vector = Column(reader, 7),
    };

    private static ColumnShape? Column(NpgsqlDataReader reader, int first) =>
        reader.IsDBNull(first) ? null : new(reader.GetString(first), reader.GetString(first + 1), reader.GetInt32(first + 2));

    private static string? Unlike(string what, ColumnShape? then, ColumnShape? now)
    {
        if (then == now || then is null)
            return null;
        if (now is null)
            return $"The run was planned for the {what} {then.Name}, which is not there any more.";
        if (then.Name != now.Name)
            return $"The run was planned for the {what} {then.Name}, and it is {now.Name} now.";
        return then.Type != now.Type
            ? $"The run was planned for the {what} {then.Name} of the type {then.Type}, and its type is {now.Type} now."
            : $"The {what} {then.Name} that the run was planned for was dropped, and another bears its name now.";
    }

    private static string Names(IReadOnlyList<string> columns) => columns.Count == 0 ? "none" : string.Join(", ", columns);

    private static string Rows(string? filter) => filter is null ? "all rows" : $"the rows {filter}";
}
