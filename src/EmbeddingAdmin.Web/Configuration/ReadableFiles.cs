namespace EmbeddingAdmin.Web.Configuration;

/// <summary>Finds files that hold a secret and that everybody on this machine may read.</summary>
internal static class ReadableFiles
{
    private static readonly string[] Secrets = ["ConnectionStrings:Postgres", "Supabase:ServiceKey", "Embeddings:ApiKey", "SignIn:Token"];

    public static IEnumerable<SettingProblem> Warnings(IConfiguration configuration, string contentRoot) =>
        from layer in SettingsLayer.Of(configuration)
        let file = layer.FileIn(contentRoot)
        where file is not null && IsReadableByAll(file) && layer.Keys.Intersect(Secrets, StringComparer.OrdinalIgnoreCase).Any()
        select new SettingProblem(ErrorCodes.ReadableSecret, Path.GetFileName(file), $"The file holds a secret, and everybody on this machine may read it. Allow its owner alone: chmod 600 {Path.GetFileName(file)}");

    private static bool IsReadableByAll(string file) => !OperatingSystem.IsWindows() && File.Exists(file) && File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead);
}
