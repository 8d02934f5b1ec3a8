using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>A certificate for this machine that no authority signed.</summary>
internal static class SelfSigned
{
    private static readonly Lazy<X509Certificate2> Made = new(Make);

    public static X509Certificate2 Certificate => Made.Value;

    private static X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddYears(1));
    }
}
