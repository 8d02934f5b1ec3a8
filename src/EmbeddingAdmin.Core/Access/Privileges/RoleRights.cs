using System.Text.Json;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access.Privileges;

/// <summary>A schema and what the role may do there.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Uses">Whether it may name what is in it.</param>
/// <param name="Creates">Whether it may make things in it.</param>
/// <param name="Owns">Whether it is the owner, or has all that the owner has.</param>
/// <param name="CreatesDirectly">Whether that is granted to the role itself; else it comes from PUBLIC or from another role.</param>
internal sealed record SchemaRights(string Name, bool Uses, bool Creates, bool Owns, bool CreatesDirectly);

/// <summary>A configured table and where the role's rights to it come from. A right is spelt <c>SELECT</c>, of a column <c>SELECT:title</c>.</summary>
/// <param name="Oid">The relation.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Owns">Whether the role is the owner, or has all that the owner has.</param>
/// <param name="RowSecurity">Whether row-level security is on.</param>
/// <param name="Forced">Whether it is forced on the owner, too.</param>
/// <param name="Direct">What is granted to the role itself.</param>
/// <param name="Everybody">What is granted to PUBLIC.</param>
internal sealed record TableRights(uint Oid, string Owner, bool Owns, bool RowSecurity, bool Forced, IReadOnlyList<string> Direct, IReadOnlyList<string> Everybody);

/// <summary>One of our own tables and what the role may do to it.</summary>
/// <param name="Name">Its name in <c>embedding_admin</c>.</param>
/// <param name="Owns">Whether the role is the owner, or has all that the owner has.</param>
/// <param name="Rights">What it may do.</param>
internal sealed record RecordRights(string Name, bool Owns, IReadOnlyList<string> Rights);

/// <summary>What the catalog says of the connection's role, of the schemas and of our own tables, at one moment.</summary>
internal sealed record RoleRights
{
    // What is granted on tables and on single columns, to whom.
    private const string Granted =
        """
        with granted as (
          select l.relation, e.grantee, e.privilege_type || coalesce(':' || l.name, '') as what
            from (select c.oid as relation, null::text as name, c.relacl as acl from pg_class c where c.relacl is not null
                   union all select a.attrelid, a.attname::text, a.attacl from pg_attribute a where a.attacl is not null) l
           cross join lateral aclexplode(l.acl) e)
        """;

    public required string Name { get; init; }

    public required bool Superuser { get; init; }

    public required bool BypassesRowSecurity { get; init; }

    /// <summary>Whether it may make roles.</summary>
    public required bool CreatesRoles { get; init; }

    /// <summary>Whether it may make databases.</summary>
    public required bool CreatesDatabases { get; init; }

    /// <summary>Whether it may replicate, which is to read everything.</summary>
    public required bool Replicates { get; init; }

    public required string Database { get; init; }

    /// <summary>Whether it may make schemas in the database.</summary>
    public required bool CreatesSchemas { get; init; }

    /// <summary>The roles whose rights it has.</summary>
    public required IReadOnlyList<string> MemberOf { get; init; }

    /// <summary>The schemas of the tables and of their types, and our own; without those that are not there.</summary>
    public required IReadOnlyList<SchemaRights> Schemas { get; init; }

    public required IReadOnlyList<TableRights> Tables { get; init; }

    /// <summary>Our own tables, as far as they are there.</summary>
    public required IReadOnlyList<RecordRights> Records { get; init; }

    /// <summary>Other tables and sequences that are granted to the role itself, quoted and with their schema.</summary>
    public required IReadOnlyList<string> Elsewhere { get; init; }

    /// <summary>Asks the catalog, which every role may, in one query.</summary>
    public static async Task<RoleRights> ReadAsync(NpgsqlDataSource database, IReadOnlyList<Target> targets, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"""
            {Granted}
            select r.rolname::text, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication, current_database()::text, has_database_privilege(r.oid, current_database(), 'CREATE'),
                   array(select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid order by 1),
                   (select coalesce(json_agg(json_build_object('name', n.nspname, 'uses', has_schema_privilege(r.oid, n.oid, 'USAGE'), 'creates', has_schema_privilege(r.oid, n.oid, 'CREATE'),
                             'owns', pg_has_role(r.oid, n.nspowner, 'USAGE'),
                             'createsDirectly', exists (select from aclexplode(n.nspacl) e where e.grantee = r.oid and e.privilege_type = 'CREATE')) order by n.nspname), '[]')::text
                      from pg_namespace n
                     where n.nspname = $4 or n.oid in (select c.relnamespace from pg_class c where c.oid = any($1))
                        or n.oid in (select t.typnamespace from unnest($2, $3) k(relation, name) join pg_attribute a on a.attrelid = k.relation and a.attname = k.name join pg_type t on t.oid = a.atttypid
                                      where t.typnamespace <> 'pg_catalog'::regnamespace)),
                   (select coalesce(json_agg(json_build_object('oid', c.oid, 'owner', pg_get_userbyid(c.relowner), 'owns', pg_has_role(r.oid, c.relowner, 'USAGE'), 'rowSecurity', c.relrowsecurity, 'forced', c.relforcerowsecurity,
                             'direct', array(select distinct granted.what from granted where granted.relation = c.oid and granted.grantee = r.oid),
                             'everybody', array(select distinct granted.what from granted where granted.relation = c.oid and granted.grantee = 0))), '[]')::text
                      from pg_class c where c.oid = any($1)),
                   (select coalesce(json_agg(json_build_object('name', c.relname, 'owns', pg_has_role(r.oid, c.relowner, 'USAGE'), 'rights',
                             array(select p from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p where has_table_privilege(r.oid, c.oid, p))) order by c.relname), '[]')::text
                      from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $4 and c.relkind in ('r', 'p')),
                   array(select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
                          where c.oid <> all($1) and not (n.nspname = $4 and c.relkind in ('r', 'p')) and n.nspname not in ('pg_catalog', 'information_schema')
                            and (c.relowner = r.oid and c.relkind in ('r', 'p', 'v', 'm', 'f') or exists (select from granted where granted.relation = c.oid and granted.grantee = r.oid)) order by 1)
              from pg_roles r
             where r.rolname = current_user
            """);
        var columns = targets.SelectMany(target => target.Reads.Select(column => (target.Facts.Oid, Column: column))).ToList();
        command.Parameters.Add(new() { Value = targets.Select(target => target.Facts.Oid).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid });
        command.Parameters.Add(new() { Value = columns.Select(column => column.Oid).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid });
        command.Parameters.Add(new() { Value = columns.Select(column => column.Column).ToArray() });
        command.Parameters.Add(new() { Value = OwnRecords.Schema });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new()
        {
            Name = reader.GetString(0),
            Superuser = reader.GetBoolean(1),
            BypassesRowSecurity = reader.GetBoolean(2),
            CreatesRoles = reader.GetBoolean(3),
            CreatesDatabases = reader.GetBoolean(4),
            Replicates = reader.GetBoolean(5),
            Database = reader.GetString(6),
            CreatesSchemas = reader.GetBoolean(7),
            MemberOf = reader.GetFieldValue<string[]>(8),
            Schemas = List<SchemaRights>(9),
            Tables = List<TableRights>(10),
            Records = List<RecordRights>(11),
            Elsewhere = reader.GetFieldValue<string[]>(12),
        };

        IReadOnlyList<T> List<T>(int column) => JsonSerializer.Deserialize<T[]>(reader.GetString(column), JsonSerializerOptions.Web)!;
    }
}
