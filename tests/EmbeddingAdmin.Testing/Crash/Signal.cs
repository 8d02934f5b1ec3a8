using EmbeddingAdmin.Local;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>Signals to a process.</summary>
internal static class Signal
{
    /// <param name="name">Such as <c>KILL</c>, without SIG.</param>
    /// <param name="pid">The process; one that is gone already is no error.</param>
    /// <param name="cancel">Gives up.</param>
    public static Task SendAsync(string name, int pid, CancellationToken cancel) => Command.RunAsync(["kill", $"-{name}", $"{pid}"], cancel);
}
