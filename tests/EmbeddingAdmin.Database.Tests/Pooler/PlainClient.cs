using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Pooler;

/// <summary>A client as anybody's program may be: it asks of its session what it likes, and makes nothing good when it leaves.</summary>
internal sealed class PlainClient : IAsyncDisposable
{
    /// <summary>What the server's list of activities calls it.</summary>
    public const string Name = "plain";

    private PlainClient(string options) => Connection = new NpgsqlConnection(options);

    public NpgsqlConnection Connection { get; }

    /// <summary>How many notifications it was sent.</summary>
    public int Heard { get; private set; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Connects through the pooler.</summary>
    /// <param name="pooler">The pooler.</param>
    /// <param name="ask">What it asks for in its connection string.</param>
    public static async Task<PlainClient> OpenAsync(TestPooler pooler, Action<NpgsqlConnectionStringBuilder>? ask = null)
    {
        var options = new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { Pooling = false, ApplicationName = Name };
        ask?.Invoke(options);
        var client = new PlainClient(options.ConnectionString);
        try
        {
            await client.Connection.OpenAsync(Cancel);
            client.Connection.Notification += (_, _) => client.Heard++;
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>One in a transaction, who has the session that was used last: everybody else is given another.</summary>
    public static async Task<PlainClient> HoldAsync(TestPooler pooler)
    {
        var holder = await OpenAsync(pooler);
        await holder.ExecuteAsync("begin");
        return holder;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, Connection);
        await command.ExecuteNonQueryAsync(Cancel);
    }

    public async Task<object?> ScalarAsync(string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, Connection);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteScalarAsync(Cancel);
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();
}
