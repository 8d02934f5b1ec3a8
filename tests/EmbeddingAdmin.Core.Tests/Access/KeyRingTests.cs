using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing.Time;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Core.Tests.Access;

/// <summary>A key that is changed while the program runs is taken if it could have been there at the start.</summary>
public sealed class KeyRingTests : IDisposable
{
    private const string Hosted = "https://abcdefghijklmnopqrst.supabase.co";
    private const string Secret = "sb_secret_0123456789abcdefghijAB_01234567";
    private const string NewSecret = "sb_secret_9876543210zyxwvutsrqZY_76543210";
    private const string Publishable = "sb_publishable_0123456789abcdefghijAB_01234567";
    private const string NewPublishable = "sb_publishable_9876543210zyxwvutsrqZY_76543210";

    private readonly FakeClock _clock = new();
    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Supabase:Url"] = Hosted, ["Supabase:ServiceKey"] = Secret, ["Supabase:AnonKey"] = Publishable, ["Embeddings:Provider"] = "openai", ["Embeddings:ApiKey"] = "sk-first-0123456789",
    }).Build();

    private readonly KeyRing _keys;

    public KeyRingTests() => _keys = new(_configuration, _clock, NullLogger<KeyRing>.Instance);

    public void Dispose() => _keys.Dispose();

    public static TheoryData<string, string?, string, string> Refused => new()
    {
        { "Supabase:ServiceKey", NewPublishable, "EA-KEY-01", "This is the publishable key." },
        { "Supabase:ServiceKey", "sk-proj-0123456789", "EA-KEY-06", "This is an OpenAI key." },
        { "Supabase:ServiceKey", "sb_secret_01 234", "EA-KEY-08", "white space" },
        { "Supabase:ServiceKey", "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz", "EA-KEY-04", "belongs to no project" },
        { "Supabase:ServiceKey", null, "EA-KEY-14", "The settings name no key here any more." },
        { "Supabase:ServiceKey", "  ", "EA-KEY-14", "The settings name no key here any more." },
        { "Supabase:AnonKey", NewSecret, "EA-KEY-09", "bypasses row-level security" },
        { "Supabase:AnonKey", "sbp_0123456789", "EA-KEY-05", "account token" },
        { "Embeddings:ApiKey", NewSecret, "EA-KEY-07", "it would be sent to the embedding provider" },
        { "Embeddings:ApiKey", "sk-four five", "EA-KEY-08", "It has a space" },
        { "Embeddings:ApiKey", "\"\"", "EA-KEY-14", "The settings name no key here any more." },
    };

    [Theory]
    [InlineData("Supabase:ServiceKey", NewSecret)]
    [InlineData("Supabase:AnonKey", NewPublishable)]
    [InlineData("Embeddings:ApiKey", "sk-second-0123456789")]
    public void A_new_key_is_taken_with_the_time_and_everybody_is_told(string name, string value)
    {
        var started = _clock.GetUtcNow();
        var told = _keys.Changed;
        _clock.Advance(TimeSpan.FromMinutes(3));
        Change(name, $" \"{value}\"\n");

        Assert.True(told.HasChanged);
        Assert.Equal(value, _keys[Setting(name)]);
        var report = Report(name);
        Assert.Equal((SupabaseKey.Read(value).Fingerprint, started.AddMinutes(3), null), (report.Key!.Fingerprint, report.Since, report.Refused));
        Assert.All(_keys.Report().Where(other => other.Setting.Name != name), other => Assert.Equal(started, other.Since));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_value_that_the_start_would_refuse_is_not_taken_and_the_old_key_stays_in_force(string name, string? value, string code, string telling)
    {
        var before = _keys[Setting(name)];
        var since = Report(name).Since;
        _clock.Advance(TimeSpan.FromMinutes(3));
        Change(name, value);

        Assert.Equal(before, _keys[Setting(name)]);
        var report = Report(name);
        Assert.Equal((since, since.AddMinutes(3), code, name), (report.Since, report.Refused?.At, report.Refused?.Problem.Code, report.Refused?.Problem.Setting));
        Assert.Contains(telling, report.Refused!.Problem.Sentence, StringComparison.Ordinal);
        Assert.Matches("stays in force", report.Refused.Problem.Sentence);
        if (value is { Length: > 2 })
            Assert.DoesNotContain(value.Trim(), $"{report}", StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_refused_is_forgotten_when_it_is_mended()
    {
        Change("Supabase:ServiceKey", Publishable);
        var told = _keys.Changed;
        Change("Supabase:ServiceKey", Publishable);
        Assert.False(told.HasChanged);

        Change("Supabase:ServiceKey", Secret);
        Assert.True(told.HasChanged);
        Assert.Null(Report("Supabase:ServiceKey").Refused);

        Change("Supabase:ServiceKey", Publishable);
        Change("Supabase:ServiceKey", NewSecret);
        Assert.Equal((NewSecret, null), (_keys[KeySetting.Service], Report("Supabase:ServiceKey").Refused));
    }

    [Fact]
    public void A_key_of_another_project_than_the_address_is_not_taken()
    {
        Change("Supabase:ServiceKey", Tokens.Of("""{"role":"service_role","ref":"zyxwvutsrqponmlkjihg"}"""));
        Assert.Equal((Secret, "EA-KEY-04"), (_keys[KeySetting.Service], Report("Supabase:ServiceKey").Refused?.Problem.Code));
        Change("Supabase:ServiceKey", Tokens.Of("""{"role":"service_role","ref":"abcdefghijklmnopqrst"}"""));
        Assert.Equal(KeyKind.LegacyService, Report("Supabase:ServiceKey").Key!.Kind);
    }

    [Fact]
    public void A_key_for_a_provider_that_takes_none_waits_for_the_next_start()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Embeddings:Provider", "local")]).Build();
        using var keys = new KeyRing(configuration, _clock, NullLogger<KeyRing>.Instance);
        configuration["Embeddings:ApiKey"] = "sk-first-0123456789";
        configuration.Reload();

        Assert.Null(keys[KeySetting.Provider]);
        Assert.Equal("EA-CFG-17", keys.Report().Single(report => report.Setting == KeySetting.Provider).Refused?.Problem.Code);
    }

    [Fact]
    public void The_monitors_have_the_keys_in_force_and_nothing_else_that_was_refused()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(_configuration);
        using var provider = services.BuildServiceProvider();
        var (project, embeddings) = (provider.GetRequiredService<IOptionsMonitor<SupabaseOptions>>(), provider.GetRequiredService<IOptionsMonitor<EmbeddingOptions>>());
        Assert.Equal((Hosted, Secret, Publishable, "sk-first-0123456789"), (project.CurrentValue.Url, project.CurrentValue.ServiceKey, project.CurrentValue.AnonKey, embeddings.CurrentValue.ApiKey));

        Change("Supabase:ServiceKey", $"{NewSecret}\n");
        Change("Supabase:AnonKey", NewSecret);
        Change("Embeddings:ApiKey", "sk-second-0123456789");
        Assert.Equal((NewSecret, Publishable, "sk-second-0123456789"), (project.CurrentValue.ServiceKey, project.CurrentValue.AnonKey, embeddings.CurrentValue.ApiKey));
    }

    private static KeySetting Setting(string name) => KeySetting.All.Single(setting => setting.Name == name);

    private KeyReport Report(string name) => _keys.Report().Single(report => report.Setting.Name == name);

    private void Change(string name, string? value)
    {
        _configuration[name] = value;
        _configuration.Reload();
    }
}
