using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>What the server says of itself, of this connection's role and of what is installed, at one moment.</summary>
public sealed record ServerFacts
{
    /// <summary>The oldest server that is supported, spelt as <see cref="VersionNumber"/> is.</summary>
    public const int OldestVersion = 150000;

    /// <summary>The version as the server spells it, such as <c>17.5</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The same as a number, such as 170005.</summary>
    public required int VersionNumber { get; init; }

    /// <summary>The database's name.</summary>
    public required string Database { get; init; }

    /// <summary>The role that acts: the pooler's prefix or suffix is not part of it.</summary>
    public required string Role { get; init; }

    /// <summary>Whether the role is a superuser.</summary>
    public required bool Superuser { get; init; }

    /// <summary>Whether row-level security does not hold for the role.</summary>
    public required bool BypassesRowSecurity { get; init; }

    /// <summary>Whether the server is a standby.</summary>
    public required bool InRecovery { get; init; }

    /// <summary>Whether a transaction of this role is read-only, for whatever reason.</summary>
    public required bool ReadOnly { get; init; }

    /// <summary>pgvector's version; null when the extension is not switched on in this database.</summary>
    public string? VectorVersion { get; init; }

    /// <summary>The schema in which pgvector's types stand.</summary>
    public string? VectorSchema { get; init; }

    /// <summary>The number of the newest migration in <c>embedding_admin</c>.</summary>
    public required int Migration { get; init; }

    /// <summary>Asks the server; the schema <c>embedding_admin</c> has to be there.</summary>
    public static async Task<ServerFacts> ReadAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(
            """
            select current_setting('server_version'), current_setting('server_version_num')::int, current_database()::text, r.rolname::text, r.rolsuper, r.rolbypassrls,
                   pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', e.extversion, n.nspname::text, (select coalesce(max(number), 0) from embedding_admin.migration)
              from pg_roles r
              left join pg_extension e on e.extname = 'vector'
              left join pg_namespace n on n.oid = e.extnamespace
             where r.rolname = current_user
            """);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new()
        {
            Version = reader.GetString(0).Split(' ')[0],
            VersionNumber = reader.GetInt32(1),
            Database = reader.GetString(2),
            Role = reader.GetString(3),
            Superuser = reader.GetBoolean(4),
            BypassesRowSecurity = reader.GetBoolean(5),
            InRecovery = reader.GetBoolean(6),
            ReadOnly = reader.GetBoolean(7),
            VectorVersion = await reader.IsDBNullAsync(8, cancel) ? null : reader.GetString(8),
            VectorSchema = await reader.IsDBNullAsync(9, cancel) ? null : reader.GetString(9),
            Migration = reader.GetInt32(10),
        };
    }
}
