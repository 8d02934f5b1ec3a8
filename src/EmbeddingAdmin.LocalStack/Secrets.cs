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
        var made = new Secrets(Random(), Random(), $"sb_publishable_{Random()}", $"sb_secret_{Random()}");
        PrivateFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(made));
        return made;
    }

    public override string ToString() => nameof(Secrets);

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
}
