namespace EmbeddingAdmin.Testing.Crash;

/// <summary>Waits on the real clock: what is tried here is what happens in real time.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits so long, or until the token is cancelled, which is no fault.</summary>
    public static async Task ForAsync(TimeSpan time, CancellationToken stop) =>
        await Task.Delay(time, TimeProvider.System, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Waits until it holds; false when it does not in that time.</summary>
    public static async Task<bool> UntilAsync(Func<Task<bool>> holds, TimeSpan most, CancellationToken cancel, TimeSpan? poll = null)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > most)
                return false;
            await Task.Delay(poll ?? Poll, TimeProvider.System, cancel);
        }

        return true;
    }
}
