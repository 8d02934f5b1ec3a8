using System.Buffers.Text;
using System.Text;

namespace EmbeddingAdmin.Core.Tests.Access;

/// <summary>Signed tokens with whatever claims; the signature is nobody's.</summary>
internal static class Tokens
{
    public static string Of(string claims) => $"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part(claims)}.c2lnbmF0dXJl";

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
