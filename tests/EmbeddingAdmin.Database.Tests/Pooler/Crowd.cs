using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Pooler;

/// <summary>Other clients of the same pooler, all at work: between two transactions of one client its connection to the server has changed.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private readonly CancellationTokenSource _leave = new();
    private readonly NpgsqlDataSource _database;
    private readonly Task[] _clients;
    private int _moves;

    public Crowd(string connectionString)
    {
        _database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { NoResetOnClose = true, ApplicationName = "crowd" }.ConnectionString);
        // Half as many as there are servers: whoever is tested gets one at any time, and seldom the same.
        _clients = [.. Enumerable.Range(0, TestPooler.Servers / 2).Select(_ => Task.Run(WorkAsync))];
    }

    /// <summary>How often one of them was given another server process than the time before.</summary>
    public int Moves => Volatile.Read(ref _moves);

    public async Task UntilItMovesAsync(CancellationToken cancel)
    {
        while (Moves == 0)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancel);
    }

    /// <summary>Sends them all away.</summary>
    public async Task LeaveAsync()
    {
        await _leave.CancelAsync();
        await Task.WhenAll(_clients);
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        await _database.DisposeAsync();
        _leave.Dispose();
    }

    private async Task WorkAsync()
    {
        var last = 0;
        while (!_leave.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _database.OpenConnectionAsync(_leave.Token);
                await using var transaction = await connection.BeginTransactionAsync(_leave.Token);
                await using var command = new NpgsqlCommand("select pg_backend_pid() from pg_sleep(0.002)", connection, transaction);
                var process = (int)(await command.ExecuteScalarAsync(_leave.Token))!;
                await transaction.CommitAsync(_leave.Token);
                if (last != 0 && process != last)
                    Interlocked.Increment(ref _moves);
                last = process;
            }
            catch (Exception interrupted) when (interrupted is NpgsqlException or OperationCanceledException)
            {
                // The pooler was stopped under it, or it is time to leave.
            }
        }
    }
}
