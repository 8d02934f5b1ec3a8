using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace EmbeddingAdmin.Web.Tests.Configuration;

/// <summary>A file of settings that changes while the program runs gives its keys, and nothing else.</summary>
public sealed class SettingsWatchTests : IDisposable
{
    private const string Secret = "sb_secret_0123456789abcdefghijAB_01234567";
    private const string NewSecret = "sb_secret_9876543210zyxwvutsrqZY_76543210";
    private const string Publishable = "sb_publishable_0123456789abcdefghijAB_01234567";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly ManualClock _clock = new();

    private string Env => Path.Combine(_folder.FullName, ".env");

    private string Json => Path.Combine(_folder.FullName, "appsettings.json");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(".env", "SUPABASE_SERVICE_ROLE_KEY={0}", "Supabase:ServiceKey")]
    [InlineData(".env", "Supabase__ServiceKey='{0}'", "Supabase:ServiceKey")]
    [InlineData(".env", "SUPABASE_SECRET_KEY={0}", "Supabase:ServiceKey")]
    [InlineData(".env", "SUPABASE_ANON_KEY={0}", "Supabase:AnonKey", Publishable, "sb_publishable_9876543210zyxwvutsrqZY_76543210")]
    [InlineData(".env", "OPENAI_API_KEY={0}", "Embeddings:ApiKey", "sk-first-0123456789", "sk-second-0123456789")]
    [InlineData("appsettings.json", """{ "Supabase": { "ServiceKey": "{0}" } }""", "Supabase:ServiceKey")]
    [InlineData("appsettings.json", """{ "Embeddings": { "ApiKey": "{0}" } }""", "Embeddings:ApiKey", "sk-first-0123456789", "sk-second-0123456789")]
    public void A_new_key_is_taken_by_whatever_name_it_stands_there(string file, string content, string setting, string before = Secret, string after = NewSecret)
    {
        using var site = Site((file, content.Replace("{0}", before, StringComparison.Ordinal)));
        Assert.Equal(before, site[setting]);
        site.Write(file, content.Replace("{0}", after, StringComparison.Ordinal));
        Assert.Equal((after, after), (site[setting], site.Configuration[setting]));
        Assert.Empty(site.Watch.Notes);
    }

    [Fact]
    public async Task A_file_that_is_written_anew_is_noticed_and_read_when_it_is_left_alone()
    {
        using var site = Site((".env", $"SUPABASE_SECRET_KEY={Secret}"));
        await File.WriteAllTextAsync(Env, $"SUPABASE_SECRET_KEY={NewSecret}", TestContext.Current.CancellationToken);
        ALittleLater(Env);
        await NoticedAsync(site);
    }

    [Fact]
    public async Task A_file_that_is_put_in_the_place_of_another_is_noticed_like_one_that_was_written()
    {
        using var site = Site((".env", $"SUPABASE_SECRET_KEY={Secret}"));
        // As editors and deployments do it.
        await File.WriteAllTextAsync($"{Env}.new", $"SUPABASE_SECRET_KEY={NewSecret}", TestContext.Current.CancellationToken);
        ALittleLater($"{Env}.new");
        File.Move($"{Env}.new", Env, overwrite: true);
        await NoticedAsync(site);
    }

    [Fact]
    public async Task A_file_that_was_not_there_at_the_start_is_noticed_when_it_comes()
    {
        using var site = Site(("appsettings.json", $$"""{ "Supabase": { "ServiceKey": "{{Secret}}" } }"""));
        await File.WriteAllTextAsync(Env, $"SUPABASE_SECRET_KEY={NewSecret}", TestContext.Current.CancellationToken);
        await NoticedAsync(site);
    }

    [Fact]
    public void A_file_that_is_gone_takes_no_key_with_it()
    {
        using var site = Site((".env", $"SUPABASE_SECRET_KEY={Secret}"));
        File.Delete(Env);
        site.Watch.Reread();

        Assert.Equal(Secret, site["Supabase:ServiceKey"]);
        Assert.Equal(("EA-CFG-17", ".env"), Said(Assert.Single(site.Watch.Notes)));
        Assert.Contains("stays in force until the next start", site.Watch.Notes[0].Sentence, StringComparison.Ordinal);

        site.Write(".env", $"SUPABASE_SECRET_KEY={NewSecret}");
        Assert.Equal(NewSecret, site["Supabase:ServiceKey"]);
        Assert.Empty(site.Watch.Notes);
    }

    [Fact]
    public void A_key_that_is_taken_out_of_a_file_stays_in_force()
    {
        using var site = Site((".env", $"SUPABASE_SECRET_KEY={Secret}\nSUPABASE_ANON_KEY={Publishable}"));
        site.Write(".env", $"SUPABASE_ANON_KEY={Publishable}");
        Assert.Equal((Secret, "EA-KEY-14"), (site["Supabase:ServiceKey"], site.Report("Supabase:ServiceKey").Refused?.Problem.Code));
    }

    [Theory]
    [InlineData(".env", "SUPABASE_SECRET_KEY={0}", "SUPABASE_SECRET_KEY={0}\nhush-hush", "Line 2 ")]
    [InlineData(".env", "SUPABASE_SECRET_KEY={0}", "SUPABASE_SECRET_KEY='{0}", "Line 1 ")]
    [InlineData("appsettings.json", """{ "Supabase": { "ServiceKey": "{0}" } }""", """{ "Supabase": { "ServiceKey": "{0}", hush """, "cannot be read")]
    [InlineData("appsettings.json", """{ "Supabase": { "ServiceKey": "{0}" } }""", "", "cannot be read")]
    public void Of_a_file_that_cannot_be_read_nothing_is_taken(string file, string good, string broken, string telling)
    {
        using var site = Site((file, good.Replace("{0}", Secret, StringComparison.Ordinal)));
        site.Write(file, broken.Replace("{0}", NewSecret, StringComparison.Ordinal));

        Assert.Equal((Secret, null), (site["Supabase:ServiceKey"], site.Report("Supabase:ServiceKey").Refused));
        var note = Assert.Single(site.Watch.Notes);
        Assert.Equal(("EA-CFG-15", file), Said(note));
        foreach (var part in (string[])[telling, "Nothing of it was taken"])
            Assert.Contains(part, note.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", note.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(NewSecret, note.Sentence, StringComparison.Ordinal);

        site.Write(file, good.Replace("{0}", NewSecret, StringComparison.Ordinal));
        Assert.Equal(NewSecret, site["Supabase:ServiceKey"]);
        Assert.Empty(site.Watch.Notes);
    }

    [Fact]
    public void A_key_of_the_wrong_kind_is_refused_with_its_sentence_and_the_old_one_stays()
    {
        using var site = Site((".env", $"SUPABASE_SECRET_KEY={Secret}"));
        site.Write(".env", $"SUPABASE_SECRET_KEY={Publishable}");

        Assert.Equal(Secret, site["Supabase:ServiceKey"]);
        var refused = site.Report("Supabase:ServiceKey").Refused!.Problem;
        Assert.Equal(("EA-KEY-01", "Supabase:ServiceKey"), Said(refused));
        Assert.Contains("This is the publishable key.", refused.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(Publishable, refused.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_else_changes_waits_for_the_next_start_and_is_named_without_its_value()
    {
        using var site = Site((".env", "Embeddings__Model=first\nPORT=1\nSUPABASE_URL=https://abc.supabase.co"), ("appsettings.json", """{ "Backfill": { "BatchSize": 100 } }"""));
        site.Write(".env", $"Embeddings__Model=hush\nPORT=2\nSUPABASE_SECRET_KEY={Secret}");
        site.Write("appsettings.json", """{ "Backfill": { "BatchSize": 200 } }""");

        Assert.Equal(("first", "https://abc.supabase.co", "100", Secret), (site.Configuration["Embeddings:Model"], site.Configuration["Supabase:Url"], site.Configuration["Backfill:BatchSize"], site["Supabase:ServiceKey"]));
        Assert.Equal([("EA-CFG-17", "appsettings.json"), ("EA-CFG-17", ".env")], site.Watch.Notes.Select(Said));
        Assert.StartsWith("Backfill:BatchSize was changed.", site.Watch.Notes[0].Sentence, StringComparison.Ordinal);
        Assert.StartsWith("Embeddings:Model, Supabase:Url were changed.", site.Watch.Notes[1].Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(site.Watch.Notes, note => note.Sentence.Contains("hush", StringComparison.Ordinal) || note.Sentence.Contains("PORT", StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_that_stands_in_a_stronger_place_is_not_replaced_by_a_file()
    {
        using var site = Site([(".env", $"SUPABASE_SECRET_KEY={Publishable}")], new MemoryConfigurationSource { InitialData = [new("SUPABASE_SECRET_KEY", Secret)] });
        site.Write(".env", $"SUPABASE_SECRET_KEY={NewSecret}");
        Assert.Equal((Secret, null), (site["Supabase:ServiceKey"], site.Report("Supabase:ServiceKey").Refused));
    }

    // A file system's clock is coarser than a test is quick.
    private static void ALittleLater(string file) => File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddSeconds(1));

    private async Task NoticedAsync(TestSite site)
    {
        await Until.TrueAsync(() => _clock.Timers == 1);
        Assert.Equal(Secret, site["Supabase:ServiceKey"]);
        _clock.Advance(SettingsWatch.Quiet);
        Assert.Equal(NewSecret, site["Supabase:ServiceKey"]);
    }

    private static (string Code, string Setting) Said(SettingProblem problem) => (problem.Code, problem.Setting);

    private TestSite Site(params (string File, string Content)[] files) => Site(files, null);

    private TestSite Site((string File, string Content)[] files, IConfigurationSource? environment)
    {
        foreach (var (file, content) in files)
            File.WriteAllText(Path.Combine(_folder.FullName, file), content);
        var configuration = new ConfigurationManager();
        configuration.Sources.Clear();
        configuration.AddInMemoryCollection([new("Embeddings:Provider", "openai")]);
        var json = new JsonConfigurationSource { Path = Json, Optional = true };
        json.ResolveFileProvider();
        configuration.Sources.Add(new SettingsLayerSource(Layer.AppSettings, json));
        configuration.Sources.Add(new SettingsLayerSource(Layer.DotEnv, new DotEnvSource(Env)));
        if (environment is not null)
            configuration.Sources.Add(new SettingsLayerSource(Layer.Environment, environment));
        return new TestSite(configuration, _folder.FullName, _clock);
    }

    private sealed class TestSite : IDisposable
    {
        private readonly KeyRing _keys;
        private readonly string _folder;

        public TestSite(ConfigurationManager configuration, string folder, ManualClock clock)
        {
            (Configuration, _folder) = (configuration, folder);
            _keys = new KeyRing(configuration, clock, NullLogger<KeyRing>.Instance);
            Watch = new SettingsWatch(configuration, folder, _keys, clock);
        }

        public ConfigurationManager Configuration { get; }

        public SettingsWatch Watch { get; }

        /// <summary>The key in force.</summary>
        public string? this[string setting] => _keys[KeySetting.All.Single(known => known.Name == setting)];

        public KeyReport Report(string setting) => _keys.Report().Single(report => report.Setting.Name == setting);

        /// <summary>Changes a file and reads it at once.</summary>
        public void Write(string file, string content)
        {
            File.WriteAllText(Path.Combine(_folder, file), content);
            Watch.Reread();
        }

        public void Dispose()
        {
            Watch.Dispose();
            _keys.Dispose();
            Configuration.Dispose();
        }
    }
}
