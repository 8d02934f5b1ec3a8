using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Makes and updates our own schema, <c>embedding_admin</c>, by numbered SQL files, each applied once.</summary>
public static class Migrations
{
    // Any number will do, as long as every instance takes the same.
    private const long Lock = 0x454D_4245_4441;

    /// <summary>The files in the order of their numbers.</summary>
    internal static IReadOnlyList<(int Number, string Name, string Sql)> Files { get; } = Load();

    /// <summary>Applies what is missing, in one transaction; several programs may do this at once.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.SchemaNewer"/>: the schema was made by a newer program; nothing was changed.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync($"select pg_advisory_xact_lock({Lock})");
        // Asked first, because "if not exists" needs the right to create the thing even when it is there.
        if (await ScalarAsync("select to_regnamespace('embedding_admin') is null") is true)
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
        foreach (var (number, name, sql) in Files.Where(file => file.Number > applied))
        {
            await ExecuteAsync(sql);
            await ExecuteAsync(
                "insert into embedding_admin.migration (number, name, sha256) values ($1, $2, $3)",
                number, name, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))));
        }

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
