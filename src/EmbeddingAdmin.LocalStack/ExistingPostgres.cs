using Npgsql;

namespace EmbeddingAdmin.Local;

/// <summary>A server that the operator named. It is never started or stopped here.</summary>
internal static class ExistingPostgres
{
    private static readonly Version OldestVector = new(0, 7);

    /// <summary>Checks the server and returns its version.</summary>
    /// <exception cref="LocalStackException">It cannot be reached, or is too old.</exception>
    public static async Task<(string ConnectionString, string Version)> CheckAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            // Kerberos negotiation is off unless it was asked for by name.
            var address = new NpgsqlConnectionStringBuilder(connectionString);
            if (!connectionString.Contains("GSS", StringComparison.OrdinalIgnoreCase)) address.GssEncryptionMode = GssEncryptionMode.Disable;
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(address.ConnectionString) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(cancel);
            if (connection.PostgreSqlVersion.Major < 15)
                throw new LocalStackException($"LocalStack:Postgres names a PostgreSQL {connection.PostgreSqlVersion.ToString(2)}; 15 or later is needed.");
            await using var command = new NpgsqlCommand("select default_version from pg_available_extensions where name = 'vector'", connection);
            var vector = await command.ExecuteScalarAsync(cancel) as string;
            if (vector is null || !Version.TryParse(vector, out var found) || found < OldestVector)
                throw new LocalStackException($"LocalStack:Postgres names a server with {(vector is null ? "no pgvector" : $"pgvector {vector}")}; {OldestVector} or later is needed.");
            return (address.ConnectionString, connection.PostgreSqlVersion.ToString(2));
        }
        catch (Exception failure) when (failure is NpgsqlException or ArgumentException or TimeoutException)
        {
            throw new LocalStackException($"The server that LocalStack:Postgres names does not answer: {failure.Message}", failure);
        }
    }
}
