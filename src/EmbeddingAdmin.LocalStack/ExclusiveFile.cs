namespace EmbeddingAdmin.Local;

/// <summary>A lock between processes: a file that one of them holds open. The kernel lets go of it when the holder dies.</summary>
internal static class ExclusiveFile
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static FileStream? TryHold(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <param name="path">The file; its folder must be there.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="waiting">Called once when somebody else holds it.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<FileStream> HoldAsync(string path, TimeProvider clock, Action? waiting, CancellationToken cancel)
    {
        for (var first = true; ; first = false)
        {
            if (TryHold(path) is { } held) return held;
            if (first) waiting?.Invoke();
            await Task.Delay(Pause, clock, cancel);
        }
    }
}
