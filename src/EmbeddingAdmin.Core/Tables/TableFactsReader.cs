using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>Reads tables' facts from <c>pg_catalog</c>, which every role may. However many tables are asked for, it is one query.</summary>
internal static class TableFactsReader
{
    private const int MostNames = 2000;

    private const string NotOurs = "n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'embedding_admin')";

    private const string Facts =
        """
        with vector_type as (
          select t.oid, t.typname, n.nspname::text as schema
            from pg_type t join pg_namespace n on n.oid = t.typnamespace
            join pg_depend d on d.objid = t.oid and d.classid = 'pg_type'::regclass and d.deptype = 'e' join pg_extension e on e.oid = d.refobjid
           where e.extname = 'vector' and t.typname in ('vector', 'halfvec'))
        select c.oid, n.nspname::text, c.relname::text, c.relkind, c.relrowsecurity,
               case c.relkind when 'p' then coalesce((select sum(leaf.reltuples) from pg_partition_tree(c.oid) part join pg_class leaf on leaf.oid = part.relid where part.isleaf and leaf.reltuples >= 0), -1)
                              else c.reltuples end::float8,
               coalesce((select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
                           from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
                          where i.indrelid = c.oid and i.indisprimary), '{}'),
               coalesce((select array_agg(distinct a.attname::text)
                           from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                          where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indnkeyatts = 1 and i.indpred is null and i.indexprs is null and a.attnotnull), '{}'),
               coalesce((select schema from vector_type where typname = 'vector'), ''),
               coalesce((select array_agg(g.tgname::text order by g.tgname) from pg_trigger g
                          where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled <> 'D' and g.tgtype & 16 > 0), '{}'),
               coalesce((select array_agg(p.polname || ' (' || case when p.polroles = '{0}' then 'public'
                                else (select string_agg(r.rolname, ', ') from pg_roles r where r.oid = any(p.polroles)) end || ')')
                           from pg_policy p where p.polrelid = c.oid and p.polcmd in ('w', '*')), '{}'),
               coalesce(a.names, '{}'), coalesce(a.types, '{}'), coalesce(a.value_types, '{}'), coalesce(a.base_types, '{}'), coalesce(a.modifiers, '{}'), coalesce(a.generated, '{}'), coalesce(a.enums, '{}'),
               array(select p.pubname::text from pg_publication p where p.pubupdate and (p.puballtables
                            or exists (select from pg_publication_rel r where r.prpubid = p.oid and r.prrelid = c.oid)
                            or exists (select from pg_publication_namespace s where s.pnpubid = p.oid and s.pnnspid = c.relnamespace)) order by 1)
          from pg_class c join pg_namespace n on n.oid = c.relnamespace
         cross join lateral (
           select array_agg(a.attname::text order by a.attnum) as names, array_agg(format_type(a.atttypid, a.atttypmod) order by a.attnum) as types,
                  -- With -1 and not NULL: the type of NULL is "character", which is one character.
                  array_agg(format_type(a.atttypid, -1) order by a.attnum) as value_types, array_agg(t.typname::text order by a.attnum) as base_types,
                  array_agg(a.atttypmod order by a.attnum) as modifiers, array_agg(a.attgenerated <> '' order by a.attnum) as generated, array_agg(t.typtype = 'e' order by a.attnum) as enums
             from pg_attribute a join pg_type t on t.oid = a.atttypid
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) a
         where c.relkind in ('r', 'p', 'v', 'm', 'f')
        """;

    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.TableMissing"/> or <see cref="ErrorCodes.VectorExtension"/>.</exception>
    public static async Task<TableFacts> ReadAsync(NpgsqlDataSource database, string schema, string name, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"{Facts} and n.nspname = $1 and c.relname = $2");
        command.Parameters.Add(new() { Value = schema });
        command.Parameters.Add(new() { Value = name });
        var facts = await ReadAsync(command, cancel) is [var only] ? only : throw await MissingAsync(database, schema, name, cancel);
        return facts.VectorSchema.Length > 0 ? facts : throw NoExtension();
    }

    /// <summary>
    /// Every relation that has a vector column, and the configured ones whatever they have. A partition is not listed beside its table.
    /// <see cref="TableFacts.VectorSchema"/> is empty when there is no extension.
    /// </summary>
    public static async Task<IReadOnlyList<TableFacts>> AllAsync(NpgsqlDataSource database, IReadOnlyList<EmbeddingTable> configured, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"""
            {Facts} and ((n.nspname::text, c.relname::text) in (select * from unnest($1, $2))
              or {NotOurs} and not c.relispartition and exists (select from pg_attribute a join vector_type v on v.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped))
             order by n.nspname <> 'public', n.nspname, c.relname
            """);
        command.Parameters.Add(new() { Value = configured.Select(table => table.Schema).ToArray() });
        command.Parameters.Add(new() { Value = configured.Select(table => table.Table).ToArray() });
        return await ReadAsync(command, cancel);
    }

    /// <summary>That a table is not there, with names that may have been meant.</summary>
    public static async Task<EmbeddingAdminException> MissingAsync(NpgsqlDataSource database, string schema, string name, CancellationToken cancel)
    {
        var known = await NamesAsync(database, name, cancel);
        // The same name in another schema is nearest, however far the schemas' names are apart.
        var elsewhere = known.Where(other => string.Equals(other.Name, name, StringComparison.OrdinalIgnoreCase)).Select(other => $"{other.Schema}.{other.Name}").ToList();
        var meant = elsewhere.Count > 0 ? NearMatch.Question(elsewhere)
            : NearMatch.Sentence($"{schema}.{name}", known.Select(other => $"{other.Schema}.{other.Name}"));
        return new(ErrorCodes.TableMissing, $"The table {schema}.{name} is not there. Nothing was read or written. Check Schema and Table in the settings, or make the table.{meant}");
    }

    public static EmbeddingAdminException NoExtension() =>
        new(ErrorCodes.VectorExtension, "The database has no vector extension. Nothing was written. Switch it on: create extension vector with schema extensions;");

    private static async Task<List<TableFacts>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        var found = new List<TableFacts>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new TableFacts
            {
                Oid = reader.GetFieldValue<uint>(0),
                Schema = reader.GetString(1),
                Name = reader.GetString(2),
                Kind = reader.GetChar(3),
                RowSecurity = reader.GetBoolean(4),
                EstimatedRows = reader.GetDouble(5),
                PrimaryKey = reader.GetFieldValue<string[]>(6),
                UniqueColumns = reader.GetFieldValue<string[]>(7),
                VectorSchema = reader.GetString(8),
                UpdateTriggers = reader.GetFieldValue<string[]>(9),
                UpdatePolicies = reader.GetFieldValue<string[]>(10),
                Publications = reader.GetFieldValue<string[]>(18),
                Columns = Columns(reader),
            });
        }

        return found;
    }

    private static List<ColumnFacts> Columns(NpgsqlDataReader reader)
    {
        var (names, types, valueTypes, baseTypes) = (reader.GetFieldValue<string[]>(11), reader.GetFieldValue<string[]>(12), reader.GetFieldValue<string[]>(13), reader.GetFieldValue<string[]>(14));
        var (modifiers, generated, enums) = (reader.GetFieldValue<int[]>(15), reader.GetFieldValue<bool[]>(16), reader.GetFieldValue<bool[]>(17));
        return [.. names.Select((name, n) => new ColumnFacts(name, types[n], baseTypes[n], modifiers[n], generated[n], enums[n]) { ValueType = valueTypes[n] })];
    }

    private static async Task<IReadOnlyList<(string Schema, string Name)>> NamesAsync(NpgsqlDataSource database, string name, CancellationToken cancel)
    {
        await using var names = database.CreateCommand(
            $"""
            select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p') and not c.relispartition and {NotOurs}
             order by lower(c.relname) <> lower($1), n.nspname, c.relname limit $2
            """);
        names.Parameters.Add(new() { Value = name });
        names.Parameters.Add(new() { Value = MostNames });
        var found = new List<(string, string)>();
        await using var reader = await names.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found.Add((reader.GetString(0), reader.GetString(1)));
        return found;
    }
}
