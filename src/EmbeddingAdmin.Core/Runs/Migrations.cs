using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Events;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>What the catalog says of our schema; nothing was written to learn it.</summary>
/// <param name="Database">The database's name, as the server has it.</param>
/// <param name="Role">The role that acts.</param>
/// <param name="Exists">Whether the schema <c>embedding_admin</c> is there.</param>
/// <param name="RoleMayCreate">Whether the role may make a schema in this database.</param>
public sealed record SchemaFacts(string Database, string Role, bool Exists, bool RoleMayCreate);

/// <summary>An operator's word that the schema may be made.</summary>
/// <param name="Actor">Who gave it.</param>
/// <param name="Host">The host, as it was shown.</param>
/// <param name="Database">The database's name, as it was typed; it is made nowhere else.</param>
public sealed record SchemaConfirmation(Actor Actor, string Host, string Database);

/// <summary>Makes and updates our own schema, <c>embedding_admin</c>, by numbered SQL files, each applied once.</summary>
public static class Migrations
{
    // Any number will do, as long as every instance takes the same.
    private const long Lock = 0x454D_4245_4441;

    /// <summary>The files in the order of their numbers.</summary>
    internal static IReadOnlyList<(int Number, string Name, string Sql)> Files { get; } = Load();

    /// <summary>How many tables the schema has when it is made, those of the scheduler among them.</summary>
    public static int Tables { get; } = 1 + RunJobs.Tables + Files.Sum(file => file.Sql.Split("create table embedding_admin.").Length - 1);

    /// <summary>The number of the newest file: what an up-to-date schema has in <c>embedding_admin.migration</c>.</summary>
    public static int Newest => Files[^1].Number;

    /// <summary>Asks the catalog whether the schema is there and could be made, and writes nothing.</summary>
    public static async Task<SchemaFacts> LookAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var command = database.CreateCommand(
            "select current_database()::text, current_user::text, to_regnamespace('embedding_admin') is not null, has_database_privilege(current_database(), 'create')");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(reader.GetString(0), reader.GetString(1), reader.GetBoolean(2), reader.GetBoolean(3));
    }

    /// <summary>Applies what is missing, in one transaction; several programs may do this at once.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.SchemaNewer"/>: the schema was made by a newer program; nothing was changed.</exception>
    public static Task ApplyAsync(NpgsqlDataSource database, CancellationToken cancel) => ApplyAsync(database, null, cancel);

    /// <summary>As the other, on an operator's word, which becomes the first event of a schema that it makes.</summary>
    /// <param name="database">The database.</param>
    /// <param name="confirmed">The word; null where none is needed.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException">
    /// <see cref="ErrorCodes.SchemaNewer"/>, <see cref="ErrorCodes.Grant"/>: there is something to update and the role does not own it, or
    /// <see cref="ErrorCodes.SchemaNotConfirmed"/>: this is another database than the confirmed one. Nothing was changed.
    /// </exception>
    public static async Task ApplyAsync(NpgsqlDataSource database, SchemaConfirmation? confirmed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync($"select pg_advisory_xact_lock({Lock})");
        if (confirmed is not null && !string.Equals((string?)await ScalarAsync("select current_database()::text"), confirmed.Database, StringComparison.Ordinal))
            throw new EmbeddingAdminException(ErrorCodes.SchemaNotConfirmed, "The server answered with another database than the confirmed one. Nothing was made. Look at the connection again and confirm what it shows.");
        // Asked first, because "if not exists" needs the right to create the thing even when it is there.
        var isNew = await ScalarAsync("select to_regnamespace('embedding_admin') is null") is true;
        if (isNew)
            await ExecuteAsync("create schema embedding_admin");
        if (await ScalarAsync("select to_regclass('embedding_admin.migration') is null") is true)
        {
            await ExecuteAsync(
                """
                create table embedding_admin.migration (
                  number int primary key, name text not null, sha256 text not null, at timestamptz not null default clock_timestamp())
                """);
        }

        var applied = (int)(await ScalarAsync("select coalesce(max(number), 0) from embedding_admin.migration"))!;
        if (applied > Files[^1].Number)
            throw new EmbeddingAdminException(ErrorCodes.SchemaNewer, "The schema embedding_admin was made by a newer version of EmbeddingAdmin. Nothing was changed. Start that version, or a newer one.");
        if (applied < Newest && await ScalarAsync("select current_user::text where not pg_has_role(current_user, (select relowner from pg_class where oid = 'embedding_admin.migration'::regclass), 'usage')") is string role)
            throw new EmbeddingAdminException(ErrorCodes.Grant,
                $"The schema embedding_admin has to be updated (migration {applied} to {Newest}), and the role {role} does not own it. Nothing was changed. Start this version once with the role that owns it, then give {role} its rights anew: the page Access prints them.");
        foreach (var (number, name, sql) in Files.Where(file => file.Number > applied))
        {
            await ExecuteAsync(sql);
            await ExecuteAsync(
                "insert into embedding_admin.migration (number, name, sha256) values ($1, $2, $3)",
                number, name, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))));
        }

        if (isNew && confirmed is { Actor: var actor, Host: var host, Database: var named })
            await EventLog.RecordAsync(connection, transaction, actor, null, "schema.confirmed", $"{actor.Name} confirmed {named} on {host}; the schema embedding_admin was made there.", cancel);
        await transaction.CommitAsync(cancel);

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            await command.ExecuteNonQueryAsync(cancel);
        }

        async Task<object?> ScalarAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            return await command.ExecuteScalarAsync(cancel);
        }
    }

    private static List<(int Number, string Name, string Sql)> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        const string Folder = ".Runs.Schema.";
        return [.. assembly.GetManifestResourceNames()
            .Where(resource => resource.EndsWith(".sql", StringComparison.Ordinal) && resource.Contains(Folder, StringComparison.Ordinal))
            .Select(resource =>
            {
                var name = resource[(resource.IndexOf(Folder, StringComparison.Ordinal) + Folder.Length)..];
                using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
                return (int.Parse(name[..3]), name, reader.ReadToEnd());
            })
            .OrderBy(file => file.Item1)];
    }
}
