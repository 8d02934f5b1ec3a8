namespace EmbeddingAdmin.Testing.Postgres;

/// <summary>The folder that the tests were built in.</summary>
public static class Checkout
{
    /// <summary>The root of the checkout: the folder of EmbeddingAdmin.sln.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "EmbeddingAdmin.sln")) ? folder
        : Find(Path.GetDirectoryName(folder.TrimEnd(Path.DirectorySeparatorChar)) ?? throw new InvalidOperationException("No EmbeddingAdmin.sln above the tests."));
}
