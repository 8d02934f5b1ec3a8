namespace EmbeddingAdmin.Web.Tests;

/// <summary>Waits for a state that no render announces.</summary>
internal static class Until
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    public static async Task TrueAsync(Func<bool> state)
    {
        using var late = new CancellationTokenSource(Longest, TimeProvider.System);
        while (!state())
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, late.Token);
    }

    public static async Task HoldsAsync(Func<Task<bool>> state)
    {
        using var late = new CancellationTokenSource(Longest, TimeProvider.System);
        while (!await state())
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, late.Token);
    }
}
