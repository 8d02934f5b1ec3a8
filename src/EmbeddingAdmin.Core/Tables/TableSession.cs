using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>
/// A transaction on the user's tables. It begins with <c>row_security = off</c>, so that Postgres raises an error where it would
/// silently filter rows, and with time-outs, so that the app never waits long for us. Disposed without a commit it is rolled back.
/// </summary>
internal sealed class TableSession : IAsyncDisposable
{
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(2);

    // In seconds.
    private const int PoolerPatience = 15;

    private readonly NpgsqlConnection _connection;
    private readonly bool _owned;

    private TableSession(NpgsqlConnection connection, NpgsqlTransaction transaction, bool owned) =>
        (_connection, Transaction, _owned) = (connection, transaction, owned);

    public NpgsqlTransaction Transaction { get; }

    /// <summary>Whether the transaction can go on, from a savepoint after an error. Of some errors, such as that the disk is full, the connection ends.</summary>
    public bool GoesOn => _connection.State == System.Data.ConnectionState.Open;

    /// <summary>Opens a session on a connection of its own.</summary>
    public static Task<TableSession> OpenAsync(NpgsqlDataSource database, TimeSpan statementTimeout, CancellationToken cancel) => OpenAsync(database, statementTimeout, null, cancel);

    /// <summary>Opens a session on a connection of its own, for a run whose number the server's list of activities then shows.</summary>
    public static async Task<TableSession> OpenAsync(NpgsqlDataSource database, TimeSpan statementTimeout, long? run, CancellationToken cancel, TimeSpan? lockTimeout = null)
    {
        var connection = await database.OpenConnectionAsync(cancel);
        try
        {
            return await BeginAsync(connection, statementTimeout, run, owned: true, cancel, lockTimeout);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a session for a run on a connection that stays the caller's.</summary>
    public static Task<TableSession> OpenAsync(NpgsqlConnection connection, TimeSpan statementTimeout, long run, CancellationToken cancel) =>
        BeginAsync(connection, statementTimeout, run, owned: false, cancel);

    /// <summary>
    /// One read that is sent together with the settings of a session, in a single round trip that is a transaction by itself. The rows are those of the
    /// second result.
    /// </summary>
    public static NpgsqlBatch AtOnce(NpgsqlDataSource database, TimeSpan statementTimeout, string sql, params ReadOnlySpan<NpgsqlParameter> values)
    {
        var batch = database.CreateBatch();
        batch.BatchCommands.Add(new($"select set_config('row_security', 'off', true), set_config('statement_timeout', '{(long)statementTimeout.TotalMilliseconds}', true), set_config('lock_timeout', '{(long)LockTimeout.TotalMilliseconds}', true)"));
        var read = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            read.Parameters.Add(value);
        batch.BatchCommands.Add(read);
        return batch;
    }

    /// <summary>A statement of this session with positional parameters; null stands for NULL.</summary>
    public NpgsqlCommand Command(string sql, params ReadOnlySpan<object?> values)
    {
        // The server's time-out decides; the client's is only there for a server that does not answer at all.
        var command = new NpgsqlCommand(sql, _connection, Transaction) { CommandTimeout = 600 };
        foreach (var value in values)
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>Runs statements without parameters and without rows.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancel)
    {
        await using var command = Command(sql);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>
    /// Whether the server ends the session together with this transaction. What was set under a name of an app's own, such as claims, leaves an empty
    /// text in a session that had none, even when the transaction is rolled back, and a trigger that reads it as JSON fails from then on. Only the
    /// session's end takes that away, for us and for whoever would be given the session next by a pooler.
    /// </summary>
    public bool IsLast { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (IsLast)
            await EndAsync();
        await Transaction.DisposeAsync();
        if (_owned)
            await _connection.DisposeAsync();
    }

    private async Task EndAsync()
    {
        try
        {
            // In one message, so that no pooler takes the session back in between.
            await ExecuteAsync("rollback; select pg_terminate_backend(pg_backend_pid())", CancellationToken.None);
        }
        catch (Exception gone) when (gone is NpgsqlException or InvalidOperationException)
        {
            // It is gone, which was the purpose, or was lost before.
        }
    }

    private static async Task<TableSession> BeginAsync(NpgsqlConnection connection, TimeSpan statementTimeout, long? run, bool owned, CancellationToken cancel, TimeSpan? lockTimeout = null)
    {
        var session = new TableSession(connection, await connection.BeginTransactionAsync(cancel), owned);
        // A date in a text has to look the same whoever reads it, or the text's hash would not be its own.
        // The name is set for the transaction only: behind a pooler the connection is somebody else's a moment later.
        await using var settings = session.Command(
            $"set local row_security = off; set local statement_timeout = {(long)statementTimeout.TotalMilliseconds}; set local lock_timeout = {(long)(lockTimeout ?? LockTimeout).TotalMilliseconds}; set local idle_in_transaction_session_timeout = '10s'; set local datestyle = 'ISO'; "
            + $"set local application_name = '{DatabaseConnection.Name}{(run is { } number ? $"/{number}" : "")}'");
        // A full pooler keeps the first statement waiting, and does not hear of a cancellation meanwhile.
        settings.CommandTimeout = PoolerPatience;
        await settings.ExecuteNonQueryAsync(cancel);
        return session;
    }
}
