namespace EmbeddingAdmin.Runs;

/// <summary>
/// How a run is brought to a stop, in three steps: nothing new is claimed; after a grace the provider's calls in hand are dropped; and,
/// only when the lease is lost, the writes too.
/// </summary>
internal sealed class Halt(TimeProvider clock, DatabaseBrake brake) : IDisposable
{
    /// <summary>How long a provider's call may go on after a stop was asked for: it is paid for, so its answer is written if it comes in time.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _claiming = new();
    private readonly CancellationTokenSource _applying = new();
    private readonly CancellationTokenSource _preparing = new(Timeout.InfiniteTimeSpan, clock);
    private readonly Lock _gate = new();

    /// <summary>Cancelled when nothing new may be begun.</summary>
    public CancellationToken Claiming => _claiming.Token;

    /// <summary>Cancelled when the grace is over.</summary>
    public CancellationToken Preparing => _preparing.Token;

    /// <summary>Cancelled when the run is somebody else's.</summary>
    public CancellationToken Applying => _applying.Token;

    /// <summary>The first fault that stopped the run, if one did.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Stops for a fault; the first one is kept.</summary>
    public void Because(Exception fault)
    {
        brake.Note(fault);
        lock (_gate)
            Fault ??= fault;
        if (fault is LeaseLostException)
            Everything();
        else
            Softly();
    }

    /// <summary>Stops claiming and starts the grace.</summary>
    public void Softly()
    {
        lock (_gate)
        {
            if (_claiming.IsCancellationRequested)
                return;
            _preparing.CancelAfter(Grace);
        }

        _claiming.Cancel();
    }

    public void Dispose()
    {
        _claiming.Dispose();
        _preparing.Dispose();
        _applying.Dispose();
    }

    private void Everything()
    {
        _claiming.Cancel();
        _preparing.Cancel();
        _applying.Cancel();
    }
}
