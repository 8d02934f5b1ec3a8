using System.Runtime.Versioning;
using EmbeddingAdmin.Web.Configuration;
using EmbeddingAdmin.Web.Connection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace EmbeddingAdmin.Web.Tests.Configuration;

public sealed class SettingsCheckTests
{
    private const string Good = "Host=127.0.0.1;Username=ada;Password=hush;Database=app";

    [Theory]
    [InlineData("Backfill:BatchSize", "0", "EA-CFG-08", "from 1 to 2048")]
    [InlineData("Backfill:BatchSize", "-1", "EA-CFG-08", "from 1 to 2048")]
    [InlineData("Backfill:BatchSize", "5000", "EA-CFG-08", "from 1 to 2048")]
    [InlineData("Backfill:BatchSize", "abc", "EA-CFG-08", "from 1 to 2048")]
    [InlineData("Backfill:BatchSize", "1.5", "EA-CFG-08", "from 1 to 2048")]
    [InlineData("Backfill:BatchSize", "99999999999", "EA-CFG-08", "from 1 to 2048")]
    [InlineData("Backfill:RowsPerSecond", "1,5", "EA-CFG-08", "number above 0")]
    [InlineData("Backfill:RowsPerSecond", "NaN", "EA-CFG-08", "number above 0")]
    [InlineData("Embeddings:BatchSize", "abc", "EA-CFG-08", "from 1 to 2048")]
    [InlineData("Embeddings:Concurrency", "abc", "EA-CFG-08", "from 1 to 32")]
    [InlineData("Embeddings:Dimensions", "abc", "EA-CFG-08", "from 1 to 16000")]
    [InlineData("Embeddings:Timeout", "soon", "EA-CFG-08", "00:10:00")]
    [InlineData("Embeddings:SendDimensions", "perhaps", "EA-CFG-08", "true nor false")]
    [InlineData("Embeddings:Provider", "hush", "EA-CFG-13", "local or openai")]
    [InlineData("Embeddings:ApiKey", "sb_secret_0123456789abcdefghijAB_01234567", "EA-KEY-07", "key of Supabase")]
    [InlineData("Database:AutoMigrate", "yes please", "EA-CFG-08", "true nor false")]
    [InlineData("Database:RootCertificate", "no/such.crt", "EA-CFG-07", "There is no file")]
    [InlineData("SignIn:Token", "hush", "EA-SEC-02", "fewer than 12 characters")]
    [InlineData("SignIn:AttemptsPerMinute", "abc", "EA-CFG-08", "from 1 on")]
    [InlineData("Role", "primary", "EA-CFG-08", "none of dashboard, worker and both")]
    [InlineData("Supabase:Url", "hush", "EA-CFG-03", "https:// in front")]
    [InlineData("Supabase:ServiceKey", "sb_publishable_hush", "EA-KEY-01", "publishable key")]
    [InlineData("Supabase:AnonKey", "sb_secret_hush", "EA-KEY-09", "secret key")]
    [InlineData("ConnectionStrings:Postgres", "hush", "EA-CFG-06", "cannot be read")]
    public void A_wrong_setting_is_named_with_code_and_cure_and_without_its_value(string setting, string value, string code, string telling)
    {
        var problem = Assert.Single(Problems(("ConnectionStrings:Postgres", Good), (setting, value)));
        Assert.Equal((code, setting), (problem.Code, problem.Setting));
        Assert.Contains(telling, problem.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", $"{problem}", StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_stand_in_one_list()
    {
        var problems = Problems(("ConnectionStrings:Postgres", "hush"), ("Supabase:Url", "hush"), ("Supabase:ServiceKey", "sbp_hush"), ("Embeddings:BatchSize", "abc"), ("Embeddings:Provider", "x"), ("Backfill:BatchSize", "0"), ("SignIn:Token", "short"));
        Assert.Equal(["EA-CFG-06", "EA-CFG-03", "EA-KEY-05", "EA-CFG-08", "EA-CFG-13", "EA-CFG-08", "EA-SEC-02"], problems.Select(problem => problem.Code));
    }

    [Theory]
    [InlineData("Supabase:Url and Supabase:ServiceKey are set", "Supabase:Url", "Supabase:ServiceKey")]
    [InlineData("Supabase:ServiceKey is set", "Supabase:ServiceKey")]
    public void Half_a_connection_lets_the_dashboard_start_and_no_verb(string telling, params string[] set)
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(set.Select(name => KeyValuePair.Create(name, (string?)(name == "Supabase:Url" ? "https://ref.supabase.co" : "sb_secret_0123456789abcdefghijAB_01234567"))));
        var settings = new Settings(configuration, "/", () => TimeSpan.Zero);

        Assert.False(settings.LeaveTheDatabaseOpen);
        SettingsCheck.Refuse(settings, needsDatabase: false);
        var problem = Assert.Single(Assert.Throws<SettingsRefusedException>(() => SettingsCheck.Refuse(settings, needsDatabase: true)).Problems);
        Assert.Equal("EA-CFG-11", problem.Code);
        Assert.Contains(telling, problem.Sentence, StringComparison.Ordinal);
        Assert.Contains("Connect → Session pooler", problem.Sentence, StringComparison.Ordinal);
        Assert.Equal(problem, SettingsReport.Read(settings).Missing);
    }

    [Theory]
    [InlineData(nameof(Layer.DotEnv), "DATABASE_URL", "ConnectionStrings:Postgres")]
    [InlineData(nameof(Layer.DotEnv), "OPENAI_API_KEY", "Embeddings:ApiKey")]
    [InlineData(nameof(Layer.DotEnv), "SUPABASE_DB_URL", "ConnectionStrings:Postgres")]
    [InlineData(nameof(Layer.Environment), "DATABASE_URL", null)]
    [InlineData(nameof(Layer.Environment), "OPENAI_API_KEY", null)]
    [InlineData(nameof(Layer.UserSecrets), "OPENAI_API_KEY", null)]
    [InlineData(nameof(Layer.Environment), "SUPABASE_DB_URL", "ConnectionStrings:Postgres")]
    [InlineData(nameof(Layer.Environment), "SUPABASE_URL", "Supabase:Url")]
    [InlineData(nameof(Layer.Environment), "SUPABASE_SERVICE_ROLE_KEY", "Supabase:ServiceKey")]
    [InlineData(nameof(Layer.Environment), "SUPABASE_SECRET_KEY", "Supabase:ServiceKey")]
    [InlineData(nameof(Layer.Environment), "SUPABASE_ANON_KEY", "Supabase:AnonKey")]
    [InlineData(nameof(Layer.Environment), "SUPABASE_PUBLISHABLE_KEY", "Supabase:AnonKey")]
    [InlineData(nameof(Layer.Environment), "OPENAI_BASE_URL", "Embeddings:Endpoint")]
    [InlineData(nameof(Layer.CommandLine), "EMBEDDINGADMIN_TOKEN", "SignIn:Token")]
    public void Settings_have_the_names_that_people_already_have(string layer, string name, string? key)
    {
        var configuration = Layered((Enum.Parse<Layer>(layer), [(name, "value")]));
        Assert.Equal(key is null ? [] : [key], SettingsLayer.Of(configuration).Single().Keys);
    }

    [Fact]
    public void Within_a_layer_our_own_name_counts_first_and_an_empty_value_is_none()
    {
        var configuration = Layered(
            (Layer.DotEnv, [("SUPABASE_URL", "from .env"), ("Supabase:AnonKey", "from .env")]),
            (Layer.Environment, [("Supabase:ServiceKey", "own"), ("SUPABASE_SERVICE_ROLE_KEY", "other"), ("Supabase:Url", " "), ("SUPABASE_URL", ""), ("SUPABASE_ANON_KEY", "stronger")]));
        Assert.Equal(("own", "from .env", "stronger"), (configuration["Supabase:ServiceKey"], configuration["Supabase:Url"], configuration["Supabase:AnonKey"]));
    }

    [Theory]
    [InlineData(nameof(Layer.AppSettings), "Backfil:BatchSize", "Backfil:BatchSize", "Did you mean Backfill:BatchSize?")]
    [InlineData(nameof(Layer.UserSecrets), "Backfill:BatchSise", "Backfill:BatchSise", "Did you mean Backfill:BatchSize?")]
    [InlineData(nameof(Layer.CommandLine), "Embedding:Model", "Embedding:Model", "Did you mean Embeddings:Model?")]
    [InlineData(nameof(Layer.CommandLine), "Table:0:Name", "Table:0:Name", "Did you mean Tables:0:Name?")]
    [InlineData(nameof(Layer.DotEnv), "SUPABASE_SERVICE_ROL_KEY", "SUPABASE_SERVICE_ROL_KEY", "Did you mean SUPABASE_SERVICE_ROLE_KEY?")]
    [InlineData(nameof(Layer.DotEnv), "Flavour:Sweet", "Flavour:Sweet", "Take it away")]
    [InlineData(nameof(Layer.CommandLine), "postgresql://ada:hush@db.example.org/app", "the command line", "where a name belongs")]
    public void A_name_that_no_setting_has_is_a_warning_with_the_nearest_one(string layer, string name, string setting, string telling)
    {
        var warning = Assert.Single(SettingsCheck.Warnings(Layered((Enum.Parse<Layer>(layer), [(name, "hush")])), "/"));
        Assert.Equal(("EA-CFG-10", setting), (warning.Code, warning.Setting));
        Assert.Contains(telling, warning.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", $"{warning}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Layer.Environment), "Backfil:BatchSize")]
    [InlineData(nameof(Layer.DotEnv), "NEXT_PUBLIC_SUPABASE_URL")]
    [InlineData(nameof(Layer.DotEnv), "PORT")]
    [InlineData(nameof(Layer.AppSettings), "Logging:LogLevel:Default")]
    [InlineData(nameof(Layer.AppSettings), "Tables:0:Name")]
    [InlineData(nameof(Layer.AppSettings), "Prices:x:PerMillion")]
    [InlineData(nameof(Layer.AppSettings), "Kestrel:Endpoints:A:Url")]
    [InlineData(nameof(Layer.CommandLine), "urls")]
    [InlineData(nameof(Layer.CommandLine), "allowedhosts")]
    [InlineData(nameof(Layer.CommandLine), "LocalStack:DebianMirror")]
    [InlineData(nameof(Layer.CommandLine), "embeddings:sendDimensions")]
    public void Other_programs_names_and_our_own_are_none(string layer, string name) =>
        Assert.Empty(SettingsCheck.Warnings(Layered((Enum.Parse<Layer>(layer), [(name, "1")])), "/"));

    [UnsupportedOSPlatform("windows")]
    [Theory]
    [InlineData("Supabase__ServiceKey=sb_secret_0123456789abcdefghijAB_01234567", UnixFileMode.OtherRead, true)]
    [InlineData("OPENAI_API_KEY=sk-x", UnixFileMode.OtherRead, true)]
    [InlineData("SUPABASE_URL=https://ref.supabase.co", UnixFileMode.OtherRead, false)]
    [InlineData("OPENAI_API_KEY=sk-x", UnixFileMode.None, false)]
    public void A_secret_in_a_file_that_everybody_may_read_is_a_warning(string line, UnixFileMode others, bool warned)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(folder.FullName, ".env");
            File.WriteAllText(file, line);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
            var configuration = new ConfigurationManager();
            configuration.Sources.Add(new SettingsLayerSource(Layer.DotEnv, new DotEnvSource(file)));
            Assert.Equal(warned ? ["EA-SEC-04"] : [], SettingsCheck.Warnings(configuration, folder.FullName).Select(warning => warning.Code));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void The_report_shows_kinds_and_no_secret()
    {
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings:Postgres"] = "postgresql://postgres.ref:hush-db@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
            ["Supabase:Url"] = "https://abcdefghijklmnopqrst.supabase.co/rest/v1/",
            ["Supabase:ServiceKey"] = "sb_secret_hush456789abcdefghijAB_01234567",
            ["Supabase:AnonKey"] = "sb_publishable_hush456789abcdefghijAB_01234567",
        });
        var report = SettingsReport.Read(configuration, "/");

        Assert.Equal(("abcdefghijklmnopqrst", "secret key", "publishable key", false), (report.Project!.Project, report.ServiceKey!.KindName, report.AnonKey!.KindName, report.IsLocalStack));
        Assert.Equal(["EA-DB-10", "EA-DB-12"], report.Warnings.Select(warning => warning.Code));
        Assert.Null(report.Missing);
        Assert.DoesNotContain("hush", $"{report}", StringComparison.Ordinal);
    }

    private static IReadOnlyList<SettingProblem> Problems(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        foreach (var (key, value) in settings)
            configuration[key] = value;
        return SettingsCheck.Problems(configuration, "/", TimeProvider.System);
    }

    private static ConfigurationManager Layered(params (Layer Layer, (string Key, string Value)[] Settings)[] layers)
    {
        var configuration = new ConfigurationManager();
        configuration.Sources.Clear();
        foreach (var (layer, settings) in layers)
            configuration.Sources.Add(new SettingsLayerSource(layer, new MemoryConfigurationSource { InitialData = settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)) }));
        return configuration;
    }
}
