using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// The right to work on a run. Its token grows with every worker; each write transaction checks it in the database, so that a worker
/// that was taken for dead and wakes up again writes nothing.
/// </summary>
/// <param name="Run">The run's number.</param>
/// <param name="Token">The fencing token.</param>
public sealed record RunLease(long Run, long Token)
{
    /// <summary>How long it is valid without being renewed, by the database's clock.</summary>
    public static TimeSpan Length { get; } = TimeSpan.FromSeconds(15);

    /// <summary>How often it is renewed.</summary>
    public static TimeSpan Renewal { get; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Makes sure that the lease is valid and stays so until the transaction ends. FOR KEY SHARE holds off a new token, and not the renewal;
    /// with FOR SHARE two busy writers starve it.
    /// </summary>
    /// <exception cref="LeaseLostException">Another worker has the run, or the lease ran out.</exception>
    internal async Task FenceAsync(TableSession session, CancellationToken cancel)
    {
        await using var fence = session.Command(
            "select 1 from embedding_admin.run_lease where run = $1 and token = $2 and until > clock_timestamp() for key share", Run, Token);
        if (await fence.ExecuteScalarAsync(cancel) is null)
            throw new LeaseLostException(this);
    }
}

/// <summary>The lease is somebody else's, or ran out. Nothing was written.</summary>
public sealed class LeaseLostException(RunLease lease)
    : Exception($"The lease of run {lease.Run} (token {lease.Token}) is lost. Nothing more was written by this worker.");
