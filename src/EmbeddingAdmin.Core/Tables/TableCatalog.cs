using EmbeddingAdmin.Text;
using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>Resolves configured tables against <c>pg_catalog</c>.</summary>
public sealed class TableCatalog(NpgsqlDataSource database, IReadOnlyList<EmbeddingTable> tables)
{
    private static readonly string[] KeyTypes = ["uuid", "int4", "int8", "text"];

    /// <summary>The configured tables, in the order of the configuration.</summary>
    public IReadOnlyList<EmbeddingTable> Tables { get; } = tables;

    /// <summary>The configured table of that name, or null.</summary>
    public EmbeddingTable? Find(string name) => Tables.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal));

    /// <summary>Reads the catalog and resolves <paramref name="table"/>.</summary>
    /// <exception cref="EmbeddingAdminException">
    /// <see cref="ErrorCodes.TableMissing"/>, <see cref="ErrorCodes.VectorColumn"/>, <see cref="ErrorCodes.VectorExtension"/>,
    /// <see cref="ErrorCodes.VectorWithoutSize"/>, <see cref="ErrorCodes.TableKind"/>, <see cref="ErrorCodes.TableKey"/> or <see cref="ErrorCodes.RecipeColumn"/>.
    /// </exception>
    public async Task<Target> ResolveAsync(EmbeddingTable table, CancellationToken cancel)
    {
        var facts = await ReadFactsAsync(table, cancel);
        var name = $"{table.Schema}.{table.Table}";
        if (facts.Kind != 'r')
            throw new EmbeddingAdminException(ErrorCodes.TableKind, $"{name} is not an ordinary table. Nothing was read or written. Name the table that stands behind it.");
        if (facts.PrimaryKey is not [var keyName])
            throw new EmbeddingAdminException(ErrorCodes.TableKey, $"{name} has {(facts.PrimaryKey.Count == 0 ? "no primary key" : "a primary key of several columns")}. Rows are found again by a key of one column; nothing was read or written.");
        var key = facts.Columns.Single(c => c.Name == keyName);
        if (!KeyTypes.Contains(key.BaseType, StringComparer.Ordinal))
            throw new EmbeddingAdminException(ErrorCodes.TableKey, $"The key {name}.{key.Name} is {key.Type}. Keys of type uuid, int, bigint and text can be used; nothing was read or written.");
        var vector = facts.Columns.FirstOrDefault(c => c.Name == table.Vector)
            ?? throw new EmbeddingAdminException(ErrorCodes.VectorColumn, $"{name} has no column {table.Vector}. Nothing was written. Add it with: alter table {SqlName.Of(table.Schema, table.Table)} add column {SqlName.Of(table.Vector)} vector(1536);");
        if (vector.BaseType != "vector" || vector.Generated)
            throw new EmbeddingAdminException(ErrorCodes.VectorColumn, $"{name}.{vector.Name} is {(vector.Generated ? "a generated column" : vector.Type)}, not a vector column that can be written. Nothing was written.");
        if (vector.TypeModifier < 1)
            throw new EmbeddingAdminException(ErrorCodes.VectorWithoutSize, $"{name}.{vector.Name} is a vector without a size. Nothing was written. Give it one: alter table … alter column {SqlName.Of(vector.Name)} type vector(1536);");

        return new Target
        {
            Table = table,
            Facts = facts,
            Relation = SqlName.Of(table.Schema, table.Table),
            Key = SqlName.Of(key.Name),
            KeyType = key.Type,
            Vector = SqlName.Of(vector.Name),
            VectorType = SqlName.Of(facts.VectorSchema, "vector"),
            Dimensions = vector.TypeModifier,
            Text = SourceText.Compile(table, facts),
        };
    }

    private async Task<TableFacts> ReadFactsAsync(EmbeddingTable table, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(
            """
            select c.relkind, c.relrowsecurity, c.reltuples::float8,
                   coalesce((select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
                               from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                              where i.indrelid = c.oid and i.indisprimary), '{}'),
                   (select n.nspname::text from pg_type t join pg_namespace n on n.oid = t.typnamespace
                      join pg_depend d on d.objid = t.oid and d.deptype = 'e' join pg_extension e on e.oid = d.refobjid
                     where t.typname = 'vector' and e.extname = 'vector' limit 1),
                   coalesce((select array_agg(g.tgname::text order by g.tgname) from pg_trigger g
                              where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & 16 > 0), '{}'),
                   coalesce((select array_agg(p.polname || ' (' || case when p.polroles = '{0}' then 'public'
                                    else (select string_agg(r.rolname, ', ') from pg_roles r where r.oid = any(p.polroles)) end || ')')
                               from pg_policy p where p.polrelid = c.oid and p.polcmd in ('w', '*')), '{}'),
                   c.oid
              from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = $1 and c.relname = $2
            """, connection)
        { Parameters = { new() { Value = table.Schema }, new() { Value = table.Table } } };

        uint oid;
        TableFacts facts;
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel))
                throw new EmbeddingAdminException(ErrorCodes.TableMissing, $"The table {table.Schema}.{table.Table} is not there, or this connection's role may not see it. Nothing was read or written. Check the schema and the name, or make the table.");
            if (await reader.IsDBNullAsync(4, cancel))
                throw new EmbeddingAdminException(ErrorCodes.VectorExtension, "The database has no vector extension. Nothing was written. Switch it on: create extension vector with schema extensions;");
            facts = new TableFacts
            {
                Kind = reader.GetChar(0),
                RowSecurity = reader.GetBoolean(1),
                EstimatedRows = reader.GetDouble(2),
                PrimaryKey = reader.GetFieldValue<string[]>(3),
                VectorSchema = reader.GetString(4),
                UpdateTriggers = reader.GetFieldValue<string[]>(5),
                UpdatePolicies = reader.GetFieldValue<string[]>(6),
                Columns = [],
            };
            oid = reader.GetFieldValue<uint>(7);
        }

        await using var columns = new NpgsqlCommand(
            """
            select a.attname::text, format_type(a.atttypid, a.atttypmod), t.typname::text, a.atttypmod, a.attgenerated <> ''
              from pg_attribute a join pg_type t on t.oid = a.atttypid
             where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum
            """, connection)
        { Parameters = { new() { Value = oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid } } };
        var found = new List<ColumnFacts>();
        await using (var reader = await columns.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                found.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetBoolean(4)));
        }

        return facts with { Columns = found };
    }
}
