using System.Globalization;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>A run's progress: a bar that is drawn over on a terminal, a plain line now and then elsewhere.</summary>
internal sealed class ProgressLine(Answer answer, TimeProvider clock)
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private long? _said;
    private int _drawn;

    /// <summary>Shows how far the run is; returns when the token is cancelled, with the last state shown.</summary>
    public async Task FollowAsync(IAsyncEnumerable<RunSnapshot> snapshots, CancellationToken ended)
    {
        try
        {
            await foreach (var snapshot in snapshots.WithCancellation(ended))
            {
                if (answer.AsideIsTerminal)
                    Draw(snapshot);
                else if (_said is not { } before || clock.GetElapsedTime(before) >= Between)
                    Say(snapshot);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The run has ended.
        }
    }

    /// <summary>Shows the last state, on which nothing follows.</summary>
    public void End(RunSnapshot snapshot)
    {
        if (answer.AsideIsTerminal)
        {
            Draw(snapshot);
            answer.Aside.WriteLine();
        }
        else
        {
            Say(snapshot);
        }
    }

    internal static string Line(RunSnapshot snapshot, TimeProvider clock)
    {
        var share = snapshot.Share is { } known ? $"{Math.Floor(known * 100),3:0} %" : "  ? %";
        var rows = snapshot.Total is { } total ? $"{snapshot.Done:N0} of {total:N0} rows" : snapshot.Progress.Phase is { Length: > 0 } phase ? phase : "starting";
        var speed = snapshot.Progress.RowsPerSecond is { } perSecond ? $"  {perSecond:0} rows/s" : "";
        var left = snapshot.TimeLeft is { } time ? $"  {Math.Ceiling(time.TotalSeconds):0} s left" : "";
        var status = snapshot.Run.Status is RunStatus.Running ? snapshot.Progress.Waiting is { } why ? $"  waiting{Until(snapshot, clock)}: {why}" : "" : $"  {snapshot.Run.Status.Name()}";
        return $"{share}  {rows}{speed}{left}{status}";
    }

    // Before the reason: a line that is too long is cut at its end.
    private static string Until(RunSnapshot snapshot, TimeProvider clock)
    {
        if (snapshot.Progress.WaitingUntil is not { } until)
            return "";
        var local = TimeZoneInfo.ConvertTime(until, clock.LocalTimeZone);
        return $" until {local.ToString(local.Date == clock.GetLocalNow().Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}";
    }

    private void Say(RunSnapshot snapshot)
    {
        _said = clock.GetTimestamp();
        answer.Aside.WriteLine($"{snapshot.Run.Table}  {Line(snapshot, clock)}");
    }

    private void Draw(RunSnapshot snapshot)
    {
        // Plain characters: the terminal's encoding may know no blocks.
        var filled = (int)Math.Floor((snapshot.Share ?? 0) * BarWidth);
        var line = $"{snapshot.Run.Table}  [{new string('#', filled)}{new string('.', BarWidth - filled)}] {Line(snapshot, clock)}";
        var width = Console.WindowWidth;
        if (width > 1 && line.Length >= width)
            line = line[..(width - 1)];
        answer.Aside.Write($"\r{line.PadRight(_drawn)}");
        _drawn = line.Length;
    }
}
