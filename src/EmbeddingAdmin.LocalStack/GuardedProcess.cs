using System.Collections.Concurrent;
using System.Diagnostics;

namespace EmbeddingAdmin.Local;

/// <summary>
/// A child that ends when this process ends, however that happens. Its guard is a small shell in a session of its own: it holds the
/// reading end of a pipe whose other end only this process has, and passes on a signal when the pipe closes. The kernel's own
/// way (PR_SET_PDEATHSIG) is no use here: it fires when the thread that started the child ends, and pool threads do.
/// </summary>
internal sealed class GuardedProcess : IAsyncDisposable
{
    private const string Guard = """
        exec 3<&0
        stop=$1; shift
        "$@" </dev/null 3<&- &
        child=$!
        (cat <&3; kill -"$stop" $child) >/dev/null 2>&1 &
        watcher=$!
        exec 3<&-
        wait $child
        code=$?
        kill $watcher
        exit $code
        """;

    private const int LinesKept = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();
    private readonly TimeProvider clock;

    private GuardedProcess(Process process, TimeProvider clock)
    {
        this.process = process;
        this.clock = clock;
        // Both pipes are read for ever: a full one would block the child.
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Exited = process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Ends when the child has ended.</summary>
    public Task Exited { get; }

    /// <summary>What the child ended with, once it has ended; 128 and the number of the signal that ended it.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>The last lines that the child said. May hold secrets; for our own decisions, not for logs.</summary>
    public IReadOnlyCollection<string> LastLines => lines;

    /// <param name="command">Program and arguments.</param>
    /// <param name="stop">The signal that ends it in order: INT, TERM.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="environment">Variables beside the inherited ones.</param>
    public static GuardedProcess Start(IEnumerable<string> command, string stop, TimeProvider clock, string folder, IReadOnlyDictionary<string, string>? environment = null)
    {
        // A session of its own keeps Ctrl-C from the child: the app pauses its runs first, and needs the database for that.
        string[] session = Command.Exists("setsid") ? ["setsid"] : [];
        var start = Command.StartInfo([.. session, "sh", "-c", Guard, "guard", stop, .. command], folder, environment);
        return new GuardedProcess(Command.Start(start), clock);
    }

    /// <summary>Asks the child to end, waits, and kills it when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The guard is gone already.
        }
        try
        {
            await Exited.WaitAsync(Patience, clock);
        }
        catch (TimeoutException)
        {
            Command.Kill(process);
            await Exited;
        }
        process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lines.Enqueue(line.Data);
        while (lines.Count > LinesKept) lines.TryDequeue(out _);
    }
}
