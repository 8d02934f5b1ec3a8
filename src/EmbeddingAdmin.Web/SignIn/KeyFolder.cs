namespace EmbeddingAdmin.Web.SignIn;

/// <summary>Where the keys that seal forms and circuits are kept, for its owner's eyes only.</summary>
internal static class KeyFolder
{
    /// <summary><c>DataProtection:Folder</c>, by default in the user's own data folder.</summary>
    public static DirectoryInfo In(IConfiguration configuration)
    {
        var path = configuration["DataProtection:Folder"] is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "embedding-admin", "keys");
        if (OperatingSystem.IsWindows())
            return Directory.CreateDirectory(path);
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folder = Directory.CreateDirectory(path, ownerOnly);
        // It may have existed before, and wider.
        folder.UnixFileMode = ownerOnly;
        return folder;
    }
}
