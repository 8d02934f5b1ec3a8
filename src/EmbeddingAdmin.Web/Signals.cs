using System.Runtime.InteropServices;

namespace EmbeddingAdmin.Web;

/// <summary>The signals that end a command: Ctrl-C asks it to come to an end, a second one ends it at once; the others ask the whole program.</summary>
internal sealed class Signals : IDisposable
{
    private readonly CancellationTokenSource _interrupted = new();
    private readonly CancellationTokenSource _terminated = new();
    private readonly CancellationTokenSource _any;
    private readonly PosixSignalRegistration[] _registrations;

    public Signals()
    {
        _any = CancellationTokenSource.CreateLinkedTokenSource(_interrupted.Token, _terminated.Token);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Ask(signal, _interrupted)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Ask(signal, _terminated)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Ask(signal, _terminated)),
        ];
    }

    /// <summary>Cancelled by Ctrl-C.</summary>
    public CancellationToken Interrupted => _interrupted.Token;

    /// <summary>Cancelled by SIGTERM, and when the terminal is closed.</summary>
    public CancellationToken Terminated => _terminated.Token;

    /// <summary>Cancelled by any of them.</summary>
    public CancellationToken Any => _any.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _any.Dispose();
        _interrupted.Dispose();
        _terminated.Dispose();
    }

    private static void Ask(PosixSignalContext signal, CancellationTokenSource asked)
    {
        if (asked.IsCancellationRequested)
            return;
        signal.Cancel = true;
        asked.Cancel();
    }
}
