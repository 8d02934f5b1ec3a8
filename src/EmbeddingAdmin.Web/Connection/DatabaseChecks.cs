using EmbeddingAdmin.Access;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>Judges what the settings and the server say of the database.</summary>
internal static class DatabaseChecks
{
    private static readonly Version OldestVector = new(0, 7);

    /// <summary>The database as it answered.</summary>
    public static IReadOnlyList<Check> Of(DatabaseConnection? connection, ServerFacts server, Pooler? pooler) =>
    [
        .. Address(connection),
        PoolerWords.Check(pooler, connection),
        new(Mark.Right, "Database", server.Database),
        Version(server),
        Role(server),
        Writable(server),
        Vector(server),
        server.Migration == Migrations.Newest
            ? new(Mark.Right, "Own schema", $"embedding_admin, migration {server.Migration}")
            : new(Mark.Wrong, "Own schema", $"embedding_admin, migration {server.Migration}", "It was updated by a newer version. Start that version, or a newer one.", ErrorCodes.SchemaNewer),
    ];

    /// <summary>The database as it did not answer.</summary>
    public static IReadOnlyList<Check> Of(DatabaseConnection? connection, EmbeddingAdminException fault) =>
        [.. Address(connection), Check.Of("Database", connection?.Database ?? "not known", fault)];

    private static IEnumerable<Check> Address(DatabaseConnection? connection)
    {
        if (connection is null)
            yield break;
        yield return new(Mark.Fact, "Host", $"{connection.Host}, port {connection.Port}");
        yield return connection switch
        {
            { IsLoopback: true } => new(Mark.Right, "Way there", "on this machine"),
            { Verified: true } => new(Mark.Right, "Way there", "encrypted, and the server's certificate is verified"),
            // What goes to another machine is always encrypted.
            _ => new(Mark.Note, "Way there", "encrypted, and the server's certificate is not verified", "Set Database:RootCertificate to the project's certificate, so that nobody can stand in for the server.", ErrorCodes.ServerUnverified),
        };
    }

    private static Check Version(ServerFacts server) => server.VersionNumber >= ServerFacts.OldestVersion
        ? new(Mark.Right, "Server", $"PostgreSQL {server.Version}")
        : new(Mark.Wrong, "Server", $"PostgreSQL {server.Version}", "At least 15 is needed. Upgrade the server.");

    private static Check Role(ServerFacts server) => server switch
    {
        { Superuser: true } => new(Mark.Right, "Role", $"{server.Role}, a superuser", "Row-level security does not hold for it."),
        { BypassesRowSecurity: true } => new(Mark.Right, "Role", $"{server.Role}, with BYPASSRLS", "Row-level security does not hold for it."),
        _ => new(Mark.Note, "Role", $"{server.Role}, neither superuser nor BYPASSRLS", "Where a table has row-level security, its policies decide. The overview measures who can write."),
    };

    private static Check Writable(ServerFacts server) => server switch
    {
        { InRecovery: true } => new(Mark.Wrong, "Writing", "a standby", "The server only follows another one. Nothing can be written here. Connect to the primary.", ErrorCodes.DatabaseReadOnly),
        { ReadOnly: true } => new(Mark.Wrong, "Writing", "read-only", "The server, the database or the role is set to read-only. Nothing can be written. A project whose disk is full is read-only too.", ErrorCodes.DatabaseReadOnly),
        _ => new(Mark.Right, "Writing", "allowed"),
    };

    private static Check Vector(ServerFacts server)
    {
        if (server.VectorVersion is not { } version)
            return new(Mark.Wrong, "pgvector", "not switched on", "Nothing can be embedded. Switch it on: create extension vector with schema extensions;", ErrorCodes.VectorExtension);
        var found = $"{version}, in schema {server.VectorSchema}";
        return System.Version.TryParse(version, out var number) && number < OldestVector
            ? new(Mark.Wrong, "pgvector", found, $"At least {OldestVector.ToString(2)} is needed. Update it: alter extension vector update;")
            : new(Mark.Right, "pgvector", found);
    }
}
