namespace EmbeddingAdmin.Testing.Browser;

/// <summary>The machine's own Chromium, or Debian's, installed when there is none.</summary>
public static class Chromium
{
    /// <summary>The path of the browser; the variable CHROME names one that goes first.</summary>
    /// <exception cref="InvalidOperationException">There is none and it cannot be installed; the message says what to type.</exception>
    public static async Task<string> FindAsync(CancellationToken cancel)
    {
        var named = Environment.GetEnvironmentVariable("CHROME");
        return !string.IsNullOrEmpty(named) && File.Exists(named) ? named
            : await HostProgram.RequireAsync("chromium", ["chromium", "chromium-browser", "google-chrome"], cancel);
    }
}
