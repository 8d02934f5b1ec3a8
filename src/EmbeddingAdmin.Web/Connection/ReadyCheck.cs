using Npgsql;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>Says to load balancers and supervisors, who are nobody in particular, whether this dashboard can work: a word and no data.</summary>
internal sealed class ReadyCheck(Readiness readiness, NpgsqlDataSource database, DatabaseBrake brake, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<bool> _asking = Task.FromResult(false);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/readyz", async (ReadyCheck check, CancellationToken cancel) =>
        await check.IsReadyAsync(cancel) ? Results.Text("ready") : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable)).AllowAnonymous();

    /// <summary>Whether the database is ready and answers within two seconds. However many ask, it is one question at a time.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        if (readiness.State is not ReadinessState.Ready)
            return false;
        Task<bool> asking;
        lock (_gate)
            asking = _asking = _asking.IsCompleted ? AskAsync() : _asking;
        try
        {
            return await asking.WaitAsync(Patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<bool> AskAsync()
    {
        using var late = new CancellationTokenSource(Patience, clock);
        try
        {
            await using var select = database.CreateCommand("select 1");
            return await select.ExecuteScalarAsync(late.Token) is 1;
        }
        catch (Exception silent) when (silent is NpgsqlException or OperationCanceledException)
        {
            brake.Note(silent);
            return false;
        }
    }
}
