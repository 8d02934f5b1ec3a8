using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin;

/// <summary>Opens the database with the options that keep us honest, whatever the connection string says.</summary>
public static class DatabaseConnection
{
    /// <summary>What the server's list of activities calls our connections; <c>/</c> and a run's number follow while one works.</summary>
    public const string Name = "EmbeddingAdmin";

    /// <summary>A data source that sends vectors in binary form.</summary>
    /// <param name="connectionString">As <c>key=value</c>.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public static NpgsqlDataSource Open(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = Name,
            // Poolers close the socket on the probe for it.
            GssEncryptionMode = GssEncryptionMode.Disable,
            // Details quote whole rows.
            IncludeErrorDetail = false,
            PersistSecurityInfo = false,
            // A pooler in transaction mode knows no prepared statements, and keeps no session to reset.
            MaxAutoPrepare = 0,
            NoResetOnClose = true,
            Multiplexing = false,
        };
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.AddTypeInfoResolverFactory(new VectorBinary());
        return builder.Build();
    }
}
