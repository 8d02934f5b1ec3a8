using EmbeddingAdmin.Access;
using EmbeddingAdmin.Testing.Time;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddingAdmin.Core.Tests.Access;

public sealed class KeyReportTests
{
    private const string Local = "http://127.0.0.1:54321";

    private static readonly DateTimeOffset End = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);

    private static readonly string Expiring = Tokens.Of("""{"role":"service_role","ref":"abcdefghijklmnopqrst","exp":1900000000}""");

    public static TheoryData<string, string, string[]> Warned => new()
    {
        { "Supabase:ServiceKey", "sb_secret_0123456789abcdefghijAB_01234567", [] },
        { "Supabase:ServiceKey", "sb_secret_0123456789abcdefghijAB_01234567x", ["EA-KEY-11"] },
        { "Supabase:ServiceKey", "anything", ["EA-KEY-11"] },
        { "Supabase:ServiceKey", "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz", ["EA-KEY-12"] },
        { "Supabase:AnonKey", "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH", ["EA-KEY-12"] },
        { "Supabase:AnonKey", Tokens.Of("""{"role":"anon"}"""), ["EA-KEY-10"] },
        { "Embeddings:ApiKey", "sk-proj-0123456789", [] },
        { "Embeddings:ApiKey", "anything", [] },
    };

    [Theory]
    [MemberData(nameof(Warned))]
    public void What_should_be_known_of_a_key_is_said_beside_it(string setting, string key, string[] codes) =>
        Assert.Equal(codes, Report(setting, key, End).Warnings.Select(warning => warning.Code));

    [Theory]
    [InlineData(15, null)]
    [InlineData(14, "EA-KEY-13")]
    [InlineData(1, "EA-KEY-13")]
    public void A_key_is_warned_of_two_weeks_before_its_end(int days, string? code)
    {
        var report = Report("Supabase:ServiceKey", Expiring, End.AddDays(-days));
        Assert.Equal([.. code is null ? Array.Empty<string>() : [code], "EA-KEY-10"], report.Warnings.Select(warning => warning.Code));
        Assert.Null(report.Fault);
        Assert.Equal(("legacy service key", "abcdefghijklmnopqrst", End), (report.Kind, report.Key!.Project, report.Key.Expires));
    }

    [Fact]
    public void A_key_that_has_expired_meanwhile_is_of_no_use()
    {
        var report = Report("Supabase:ServiceKey", Expiring, End);
        Assert.Equal(("EA-KEY-03", "Supabase:ServiceKey"), (report.Fault?.Code, report.Fault?.Setting));
        Assert.DoesNotContain(report.Warnings, warning => warning.Code == "EA-KEY-13");
    }

    [Theory]
    [InlineData("sk-proj-0123456789", "OpenAI key")]
    [InlineData("gsk_0123456789", "a provider's key")]
    public void A_providers_key_is_of_no_kind_of_Supabases(string key, string kind) => Assert.Equal(kind, Report("Embeddings:ApiKey", key, End).Kind);

    [Fact]
    public void Where_no_key_is_set_nothing_is_said_of_one()
    {
        using var keys = new KeyRing(new ConfigurationBuilder().Build(), new FakeClock(End), NullLogger<KeyRing>.Instance);
        Assert.All(keys.Report(), report => Assert.Equal((null, "", null, null, End), (report.Key, report.Kind, report.Fault, report.Refused, report.Since)));
        Assert.Equal(3, keys.Report().Count);
    }

    private static KeyReport Report(string setting, string key, DateTimeOffset now)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Supabase:Url", Local), new(setting, key)]).Build();
        using var keys = new KeyRing(configuration, new FakeClock(now), NullLogger<KeyRing>.Instance);
        var report = keys.Report().Single(report => report.Setting.Name == setting);
        Assert.DoesNotContain(key, $"{report}", StringComparison.Ordinal);
        return report;
    }
}
