using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>What the catalog says of a role's right to a relation, at one moment. It tells what is granted, not what happens: that is measured.</summary>
public sealed record RoleFacts
{
    /// <summary>The role's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it is a superuser, for whom nothing is asked.</summary>
    public required bool Superuser { get; init; }

    /// <summary>Whether row-level security does not hold for it.</summary>
    public required bool BypassesRowSecurity { get; init; }

    /// <summary>Whether the connection's role may act as it.</summary>
    public required bool MayBeTaken { get; init; }

    /// <summary>Whether row-level security holds for it on this relation, with everything counted in: on or forced, ownership, BYPASSRLS.</summary>
    public required bool Filtered { get; init; }

    /// <summary>Whether the relation is its own, or that of a role whose rights it has.</summary>
    public bool Owns { get; init; }

    /// <summary>Whether it may use the relation's schema.</summary>
    public required bool UsesSchema { get; init; }

    /// <summary>Whether it may use the schema in which pgvector's types and operators stand; true when there is no pgvector.</summary>
    public bool UsesVectorSchema { get; init; } = true;

    /// <summary>The columns that it may select.</summary>
    public required IReadOnlyList<string> Selects { get; init; }

    /// <summary>The columns that it may update.</summary>
    public required IReadOnlyList<string> Updates { get; init; }

    /// <summary>What it may do to the whole relation beside that: some of <c>INSERT</c>, <c>DELETE</c>, <c>TRUNCATE</c>, <c>REFERENCES</c>, <c>TRIGGER</c>.</summary>
    public required IReadOnlyList<string> Others { get; init; }

    /// <summary>
    /// The time for a statement that the role's settings give it over the API, as Postgres writes it (<c>8s</c>); null when none do. A role of Supabase's
    /// that has none of its own has that of <c>authenticator</c>, as which the API connects. A role that is taken by SET ROLE does not have it.
    /// </summary>
    public required string? StatementTimeout { get; init; }

    /// <summary>The role whose setting that is; null when there is none.</summary>
    public string? StatementTimeoutOf { get; init; }

    /// <summary>Whether that setting is for this database alone.</summary>
    public bool StatementTimeoutHere { get; init; }

    /// <summary>Reads the facts of a role and a relation.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="role">The role; null for the connection's own.</param>
    /// <param name="relation">The relation's oid.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Null when there is no such role.</returns>
    public static async Task<RoleFacts?> ReadAsync(NpgsqlDataSource database, string? role, uint relation, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(
            """
            select r.rolname::text, r.rolsuper, r.rolbypassrls,
                   pg_has_role(current_user, r.oid, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end),
                   c.relrowsecurity and not r.rolsuper and not r.rolbypassrls and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'USAGE')),
                   has_schema_privilege(r.oid, c.relnamespace, 'USAGE'),
                   array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT') order by a.attnum),
                   array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and has_column_privilege(r.oid, c.oid, a.attnum, 'UPDATE') order by a.attnum),
                   array(select p from unnest(array['INSERT', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p where has_table_privilege(r.oid, c.oid, p)),
                   own.value, own.role, coalesce(own.here, false), pg_has_role(r.oid, c.relowner, 'USAGE'),
                   coalesce((select has_schema_privilege(r.oid, e.extnamespace, 'USAGE') from pg_extension e where e.extname = 'vector'), true)
              from pg_class c cross join pg_roles r left join lateral
                   (select substring(o from '=(.*)') as value, whose.rolname::text as role, s.setdatabase <> 0 as here
                      from pg_db_role_setting s join pg_roles whose on whose.oid = s.setrole cross join unnest(s.setconfig) o
                     where o like 'statement_timeout=%' and s.setdatabase in (0, (select d.oid from pg_database d where d.datname = current_database()))
                       and (whose.oid = r.oid or whose.rolname = 'authenticator' and r.rolname in ('anon', 'authenticated', 'service_role'))
                     order by whose.oid <> r.oid, s.setdatabase = 0 limit 1) own on true
             where r.rolname = coalesce($1, current_user) and c.oid = $2
            """);
        command.Parameters.Add(new() { Value = role ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = relation, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        return new()
        {
            Name = reader.GetString(0),
            Superuser = reader.GetBoolean(1),
            BypassesRowSecurity = reader.GetBoolean(2),
            MayBeTaken = reader.GetBoolean(3),
            Filtered = reader.GetBoolean(4),
            UsesSchema = reader.GetBoolean(5),
            Selects = reader.GetFieldValue<string[]>(6),
            Updates = reader.GetFieldValue<string[]>(7),
            Others = reader.GetFieldValue<string[]>(8),
            StatementTimeout = await reader.IsDBNullAsync(9, cancel) ? null : reader.GetString(9),
            StatementTimeoutOf = await reader.IsDBNullAsync(10, cancel) ? null : reader.GetString(10),
            StatementTimeoutHere = reader.GetBoolean(11),
            Owns = reader.GetBoolean(12),
            UsesVectorSchema = reader.GetBoolean(13),
        };
    }
}
