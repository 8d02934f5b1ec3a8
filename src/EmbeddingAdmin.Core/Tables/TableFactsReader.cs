using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>Reads a table's facts from <c>pg_catalog</c>, which every role may.</summary>
internal static class TableFactsReader
{
    private const int MostNames = 2000;

    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.TableMissing"/> or <see cref="ErrorCodes.VectorExtension"/>.</exception>
    public static async Task<TableFacts> ReadAsync(NpgsqlDataSource database, string schema, string name, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var command = new NpgsqlCommand(
            """
            select c.relkind, c.relrowsecurity, c.reltuples::float8,
                   coalesce((select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
                               from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                              where i.indrelid = c.oid and i.indisprimary), '{}'),
                   coalesce((select array_agg(distinct a.attname::text)
                               from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                              where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indnkeyatts = 1 and i.indpred is null and i.indexprs is null and a.attnotnull), '{}'),
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
             where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')
            """, connection)
        { Parameters = { new() { Value = schema }, new() { Value = name } } };

        TableFacts? facts = null;
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            if (await reader.ReadAsync(cancel))
            {
                if (await reader.IsDBNullAsync(5, cancel))
                    throw new EmbeddingAdminException(ErrorCodes.VectorExtension, "The database has no vector extension. Nothing was written. Switch it on: create extension vector with schema extensions;");
                facts = new TableFacts
                {
                    Kind = reader.GetChar(0),
                    RowSecurity = reader.GetBoolean(1),
                    EstimatedRows = reader.GetDouble(2),
                    PrimaryKey = reader.GetFieldValue<string[]>(3),
                    UniqueColumns = reader.GetFieldValue<string[]>(4),
                    VectorSchema = reader.GetString(5),
                    UpdateTriggers = reader.GetFieldValue<string[]>(6),
                    UpdatePolicies = reader.GetFieldValue<string[]>(7),
                    Oid = reader.GetFieldValue<uint>(8),
                    Columns = [],
                };
            }
        }

        return facts is not null
            ? facts with { Columns = await ColumnsAsync(connection, facts.Oid, cancel) }
            : throw new EmbeddingAdminException(ErrorCodes.TableMissing, $"The table {schema}.{name} is not there. Nothing was read or written. Check Schema and Table in the settings, or make the table.{NearMatch.Sentence($"{schema}.{name}", await NamesAsync(connection, name, cancel))}");
    }

    private static async Task<IReadOnlyList<ColumnFacts>> ColumnsAsync(NpgsqlConnection connection, uint table, CancellationToken cancel)
    {
        await using var columns = new NpgsqlCommand(
            """
            select a.attname::text, format_type(a.atttypid, a.atttypmod), t.typname::text, a.atttypmod, a.attgenerated <> '', t.typtype = 'e'
              from pg_attribute a join pg_type t on t.oid = a.atttypid
             where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum
            """, connection)
        { Parameters = { new() { Value = table, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid } } };
        var found = new List<ColumnFacts>();
        await using var reader = await columns.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found.Add(new(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetBoolean(4), reader.GetBoolean(5)));
        return found;
    }

    /// <summary>Names of tables that may have been meant: those of the same name in another schema come first by being nearest.</summary>
    private static async Task<IReadOnlyList<string>> NamesAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await using var names = new NpgsqlCommand(
            """
            select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'embedding_admin')
             order by lower(c.relname) <> lower($1), n.nspname, c.relname limit $2
            """, connection)
        { Parameters = { new() { Value = name }, new() { Value = MostNames } } };
        var found = new List<string>();
        await using var reader = await names.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found.Add(reader.GetString(0));
        return found;
    }
}
