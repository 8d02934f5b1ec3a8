using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Providers;
using Npgsql;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>Where the database is, by the settings; no secret.</summary>
internal sealed record ConnectionSummary(string Host, int Port, string Database, string Username, bool IsLoopback, bool Encrypted, bool Verified, bool TransactionPooler);

/// <summary>What a key of the settings is, by its form; never the key.</summary>
internal sealed record KeySummary(string Kind, string? Project, DateTimeOffset? Expires, string Fingerprint);

/// <summary>What the settings come to.</summary>
internal sealed record SettingsReport(IReadOnlyList<SettingProblem> Warnings, ConnectionSummary? Connection, string? ProjectUrl, KeySummary? ServiceKey, KeySummary? AnonKey)
{
    public static SettingsReport Of(IConfiguration configuration) => new(
        [],
        configuration.GetConnectionString("Postgres") is { Length: > 0 } connection ? Summary(new(connection)) : null,
        configuration["Supabase:Url"] is { Length: > 0 } url ? url : null,
        Key(configuration["Supabase:ServiceKey"]),
        Key(configuration["Supabase:AnonKey"]));

    public static string Fingerprint(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..8];

    private static KeySummary? Key(string? key) => key is { Length: > 0 } ? new(key.StartsWith("sb_", StringComparison.Ordinal) ? string.Join('_', key.Split('_')[..2]) : "legacy key", null, null, Fingerprint(key)) : null;

    private static ConnectionSummary Summary(NpgsqlConnectionStringBuilder settings)
    {
        var loopback = settings.Host is "localhost" or "127.0.0.1" or "::1";
        return new(settings.Host ?? "", settings.Port, settings.Database ?? settings.Username ?? "", settings.Username ?? "", loopback,
            settings.SslMode >= SslMode.Require, settings.SslMode >= SslMode.VerifyCA, settings.Port == 6543);
    }
}
