using EmbeddingAdmin.Local;
using Npgsql;

namespace EmbeddingAdmin.Testing.Postgres;

/// <summary>A database that one test class has to itself.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    // In seconds. A statement that makes thousands of rows takes its time on a busy machine.
    private const int Patience = 300;

    private readonly TestPostgres server;
    private readonly List<IAsyncDisposable> owned = [];

    internal TestDatabase(TestPostgres server, string name)
    {
        this.server = server;
        Name = name;
        ConnectionString = new NpgsqlConnectionStringBuilder(server.AdminConnectionString) { Database = name, Pooling = true }.ConnectionString;
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>The database's name.</summary>
    public string Name { get; }

    /// <summary>The superuser's, pooled.</summary>
    public string ConnectionString { get; }

    /// <summary>The superuser's, with no type mappings added.</summary>
    public NpgsqlDataSource DataSource { get; }

    /// <summary>Runs one or more statements.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var command = DataSource.CreateCommand(sql);
        command.CommandTimeout = Patience;
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The first column of the first row; default when that is NULL or there is no row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancel)
    {
        await using var command = DataSource.CreateCommand(sql);
        command.CommandTimeout = Patience;
        return await command.ExecuteScalarAsync(cancel) is { } value and not DBNull ? (T)value : default;
    }

    /// <summary>Stops the API, if there is one, and drops the database.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var part in owned) await part.DisposeAsync();
        await DataSource.DisposeAsync();
        await using var admin = await DemoDatabase.OpenAsync(server.AdminConnectionString, CancellationToken.None);
        await DemoDatabase.ExecuteAsync(admin, $"""drop database "{Name}" with (force)""", CancellationToken.None);
        // Pools made by the code under test for this database are of no use any more.
        await using var connection = new NpgsqlConnection(ConnectionString);
        NpgsqlConnection.ClearPool(connection);
    }

    internal void Own(IAsyncDisposable part) => owned.Add(part);
}
