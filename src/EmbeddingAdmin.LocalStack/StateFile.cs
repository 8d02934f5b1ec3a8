using System.Diagnostics;
using System.Text.Json;

namespace EmbeddingAdmin.Local;

/// <summary>Says of a data folder which process has its stack up, and how to reach it.</summary>
internal sealed record StateFile(int OwnerPid, DateTime OwnerStarted, LocalStackConnection Connection)
{
    // The start time that the system gives is reckoned from the boot time and wavers a little.
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    public static void Write(string dataFolder, LocalStackConnection connection)
    {
        using var self = Process.GetCurrentProcess();
        var state = new StateFile(self.Id, self.StartTime.ToUniversalTime(), connection);
        PrivateFile.Write(PathIn(dataFolder), JsonSerializer.SerializeToUtf8Bytes(state));
    }

    public static void Delete(string dataFolder) => File.Delete(PathIn(dataFolder));

    /// <summary>The connection of a stack whose owner lives, else null.</summary>
    public static LocalStackConnection? FindRunning(string dataFolder)
    {
        try
        {
            var state = JsonSerializer.Deserialize<StateFile>(File.ReadAllBytes(PathIn(dataFolder)));
            return state is not null && state.OwnerLives() ? state.Connection : null;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public override string ToString() => $"{nameof(StateFile)} of {OwnerPid}";

    private static string PathIn(string dataFolder) => Path.Combine(dataFolder, "stack.json");

    // When the owner dies its guards take Postgres down within milliseconds, so the owner's life is the stack's.
    private bool OwnerLives()
    {
        try
        {
            using var owner = Process.GetProcessById(OwnerPid);
            return !owner.HasExited && (owner.StartTime.ToUniversalTime() - OwnerStarted).Duration() < Tolerance;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
