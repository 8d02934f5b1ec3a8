using EmbeddingAdmin.Runs;
using Npgsql;

namespace EmbeddingAdmin.Web;

/// <summary>Brings our schema up to date, however long the database takes to answer.</summary>
internal sealed partial class SchemaUpdate(NpgsqlDataSource database, TimeProvider clock, ILogger<SchemaUpdate> logger) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _applied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the schema is as this program needs it.</summary>
    public Task Applied => _applied.Task;

    /// <summary>What starts after this finds the schema there, if the database answers; if not, the dashboard starts all the same.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await Task.WhenAny(_tried.Task, Task.Delay(Patience, clock, cancellationToken));
        if (Applied.IsFaulted)
            await Applied;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string? said = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Migrations.ApplyAsync(database, stoppingToken);
                _applied.SetResult();
                return;
            }
            catch (NpgsqlException silent)
            {
                var why = silent is PostgresException refused ? $"{refused.SqlState}: {refused.MessageText}" : silent.Message;
                if (why != said)
                    LogNotYet(said = why);
            }
            catch (Exception refused) when (refused is not OperationCanceledException)
            {
                _applied.SetException(refused);
                throw;
            }
            finally
            {
                _tried.TrySetResult();
            }

            await Task.Delay(Pause, clock, stoppingToken);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The database is not ready ({Why}); it is tried again every two seconds")]
    private partial void LogNotYet(string why);
}
