using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>A random secret that a browser carries: 32 bytes in base64url, of which the database keeps the SHA-256 only.</summary>
internal static class Secret
{
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
