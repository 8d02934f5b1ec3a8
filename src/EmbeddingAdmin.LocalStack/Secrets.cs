using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace EmbeddingAdmin.Local;

/// <summary>What the stack's parts know each other by. Made once per data folder, so that a copied key stays good.</summary>
internal sealed record Secrets(string PostgresPassword, string JwtSecret, string AnonKey, string ServiceKey)
{
    public static Secrets ReadOrMake(string dataFolder)
    {
        var path = Path.Combine(dataFolder, "secrets.json");
        if (File.Exists(path) && JsonSerializer.Deserialize<Secrets>(File.ReadAllBytes(path)) is { } known) return known;
        var made = new Secrets(Random(), Random(), $"sb_publishable_{Key()}", $"sb_secret_{Key()}");
        PrivateFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(made));
        return made;
    }

    public override string ToString() => nameof(Secrets);

    // As long as those of the real service, so that nothing is said of their form.
    private static string Key() => $"{Random(16)}_{Random(6)}";

    private static string Random(int bytes = 24) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
}
