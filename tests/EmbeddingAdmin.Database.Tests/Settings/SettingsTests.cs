using System.Diagnostics;
using EmbeddingAdmin.Database.Tests.Commands;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Surroundings;

namespace EmbeddingAdmin.Database.Tests.Settings;

/// <summary>The built app, started in a folder of its own with files of settings in it.</summary>
public sealed class SettingsTests(AssemblyStack stack) : IAsyncLifetime
{
    private const string Planted = "Hush4f1c9a7e2bHush";

    /// <summary>Each setting wrong in a way that holds the secret.</summary>
    private static readonly (string Name, string Value)[] Wrong =
    [
        ("ConnectionStrings__Postgres", $"Host=db.example.org;Username=ada;Password={Planted};{Planted}=1"), ("ConnectionStrings__Postgres", $"postgresql://ada:{Planted}@db.example.org:{Planted}/app"),
        ("SUPABASE_DB_URL", $"postgresql://ada:x@{Planted}@/app"), ("SUPABASE_DB_URL", $"{Planted}"), ("ConnectionStrings__Postgres", $"Host=db.example.org;Username=ada;Password=\"{Planted}"),
        ("ConnectionStrings__Postgres", $"Host=db.example.org;Port={Planted};SSL Mode={Planted};Username=ada;Password=x;Database=app"),
        ("Supabase__Url", $"https://ref.supabase.co?apikey={Planted}"), ("SUPABASE_URL", $"https://{Planted}@ref.supabase.co"), ("SUPABASE_URL", Planted),
        ("Supabase__ServiceKey", $"sb_publishable_{Planted}"), ("SUPABASE_SERVICE_ROLE_KEY", $"sk-proj-{Planted}"), ("SUPABASE_SECRET_KEY", $"sbp_{Planted}"), ("Supabase__ServiceKey", $"eyJ{Planted}"),
        ("Supabase__ServiceKey", $"sb_secret_{Planted} {Planted}"), ("Supabase__AnonKey", $"sb_secret_{Planted}"), ("SUPABASE_PUBLISHABLE_KEY", $"sk-{Planted}"),
        ("Embeddings__Provider", Planted), ("Embeddings__Dimensions", Planted), ("Embeddings__BatchSize", Planted), ("Embeddings__Concurrency", Planted), ("Embeddings__Timeout", Planted),
        ("Embeddings__SendDimensions", Planted), ("Embeddings__ApiKey", $"sb_secret_{Planted}"), ("Embeddings__ApiKey", $"{Planted} é"), ("Embeddings__Endpoint", Planted), ("OPENAI_BASE_URL", $"https://x/v1?key={Planted}"),
        ("Backfill__BatchSize", Planted), ("Backfill__RowsPerSecond", Planted), ("SignIn__AttemptsPerMinute", Planted), ("EMBEDDINGADMIN_TOKEN", Planted[..11]), ("Database__AutoMigrate", Planted), ("Role", Planted),
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private TestDatabase? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);

    public async ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        await Database.DisposeAsync();
    }

    [Fact]
    public async Task A_secret_in_a_wrong_setting_is_never_said_again()
    {
        await Parallel.ForEachAsync(Wrong, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = Cancel }, async (wrong, _) =>
        {
            // A verb needs a database, so that nothing is started where the fault lies elsewhere.
            var refused = await App.RunAsync([("SUPABASE_DB_URL", "Host=127.0.0.1;Port=1;Username=ada;Database=app"), ("Embeddings__Provider", "openai"), ("OPENAI_BASE_URL", "https://127.0.0.1/v1"), wrong], "coverage");
            Assert.True(refused.ExitCode == 2, $"{wrong.Name}: {refused.Error}");
            Assert.Matches("^EA-(CFG|KEY|SEC)-", refused.Error);
            Assert.DoesNotContain(Planted[..11], refused.Output + refused.Error, StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public async Task The_stronger_place_counts_and_what_is_left_out_there_is_asked_of_the_next()
    {
        // Each place has a fault of its own, which tells which one was read.
        Write("appsettings.json", """{ "Supabase": { "Url": "ftp://appsettings.example.org" } }""");
        Write(".env", "SUPABASE_URL=http://env-file.example.org\n");
        Write("home/.microsoft/usersecrets/embedding-admin/secrets.json", """{ "SUPABASE_URL": "https://supabase.com/dashboard/project/usersecretsusersecre" }""");
        string[] words = ["coverage", "--SUPABASE_URL", "http://line.example.org"];
        Assert.Contains("line.example.org", await ErrorAsync([("SUPABASE_URL", "http://environment.example.org")], words), StringComparison.Ordinal);
        Assert.Contains("environment.example.org", await ErrorAsync([("SUPABASE_URL", "http://environment.example.org")], "coverage"), StringComparison.Ordinal);
        Assert.Contains("usersecrets", await ErrorAsync([("SUPABASE_URL", "")], "coverage"), StringComparison.Ordinal);
        File.Delete(Path.Combine(_folder.FullName, "home/.microsoft/usersecrets/embedding-admin/secrets.json"));
        Assert.Contains("env-file.example.org", await ErrorAsync([], "coverage"), StringComparison.Ordinal);
        Write(".env", "SUPABASE_URL=\n");
        Assert.Contains("EA-CFG-03 Supabase:Url: It is not an address", await ErrorAsync([], "coverage"), StringComparison.Ordinal);
        Write("appsettings.json", $$"""{ "Supabase": { "Url": "{{Planted}}" }, """);
        var broken = await ErrorAsync([], "coverage");
        Assert.Contains("EA-CFG-15", broken, StringComparison.Ordinal);
        Assert.DoesNotContain(Planted, broken, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Four_lines_in_a_file_are_enough_and_an_OpenAI_key_means_OpenAI()
    {
        var url = new Npgsql.NpgsqlConnectionStringBuilder(Database.ConnectionString);
        Write("appsettings.json", "{}");
        Write(".env", $"""
            DATABASE_URL=postgresql://{url.Username}:{url.Password}@localhost/{url.Database}?host={Uri.EscapeDataString(url.Host!)}&port={url.Port}
            SUPABASE_URL=http://127.0.0.1:1
            SUPABASE_SERVICE_ROLE_KEY=sb_secret_0123456789abcdefghijAB_01234567
            OPENAI_API_KEY=sk-{Planted}
            Database__AutoMigrate=true
            """);
        var run = await RunAsync([], "coverage", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(2, run.Json.GetArrayLength());
        Assert.DoesNotContain(Planted, run.Output + run.Error, StringComparison.Ordinal);
        // The provider that the key chose checks its own settings.
        Assert.Contains("EA-CFG-03 Embeddings:Endpoint", await ErrorAsync([("OPENAI_BASE_URL", "no address")], "coverage"), StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync([("OPENAI_BASE_URL", "no address"), ("Embeddings__Provider", "local")], "coverage", "--json")).ExitCode);
    }

    [Fact]
    public async Task With_the_API_alone_the_dashboard_starts_no_stack_and_verbs_say_what_is_missing()
    {
        (string, string)[] half = [("SUPABASE_URL", "https://ref.supabase.co"), ("SUPABASE_SECRET_KEY", "sb_secret_0123456789abcdefghijAB_01234567"), ("LocalStack__Folder", Path.Combine(_folder.FullName, "stack"))];
        var verb = await App.RunAsync(half, "coverage");
        Assert.Equal(2, verb.ExitCode);
        Assert.StartsWith("EA-CFG-11 ConnectionStrings:Postgres: Supabase:Url and Supabase:ServiceKey are set", verb.Error, StringComparison.Ordinal);
        Assert.Contains("Connect → Session pooler", verb.Error, StringComparison.Ordinal);

        await using (var app = App.Start([.. half, ("urls", "http://127.0.0.1:0"), ("DataProtection__Folder", Path.Combine(_folder.FullName, "keys"))]))
        {
            var address = (await app.Output.LineWithAsync("listening on ")).Split(' ')[^1];
            using var http = new HttpClient();
            Assert.Equal("ok", await http.GetStringAsync(new Uri($"{address}/healthz"), Cancel));
            await app.SignalAsync("TERM");
            Assert.Equal(0, (await app.EndAsync()).ExitCode);
        }

        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "stack")));
    }

    [Fact]
    public async Task A_test_that_starts_the_app_hears_nothing_of_its_surroundings()
    {
        Write("appsettings.json", """{ "Embeddings": { "Concurrency": "hostile" } }""");
        Write(".env", "SUPABASE_URL=hostile\nDATABASE_URL=hostile\nOPENAI_API_KEY=hostile hostile\n");
        Write("home/.microsoft/usersecrets/embedding-admin/secrets.json", """{ "Backfill": { "BatchSize": "hostile" } }""");
        var hostile = new[]
        {
            "ConnectionStrings__Postgres", "SUPABASE_DB_URL", "Supabase__Url", "SUPABASE_URL", "Supabase__ServiceKey", "SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY", "Supabase__AnonKey", "SUPABASE_ANON_KEY",
            "SUPABASE_PUBLISHABLE_KEY", "Embeddings__Provider", "Embeddings__Dimensions", "OPENAI_BASE_URL", "Embeddings__ApiKey", "SignIn__AttemptsPerMinute", "EMBEDDINGADMIN_TOKEN", "Database__AutoMigrate", "PGHOST", "PGOPTIONS",
        }.Select(name => (name, "h st"));

        var heard = await RunAsync(hostile, "coverage", "--json");
        Assert.Equal(2, heard.ExitCode);
        foreach (var setting in (string[])["ConnectionStrings:Postgres", "Supabase:Url", "Supabase:ServiceKey", "Supabase:AnonKey", "Embeddings:Provider", "Embeddings:Concurrency", "SignIn:Token", "Backfill:BatchSize"])
            Assert.Contains($" {setting}: ", heard.Output, StringComparison.Ordinal);

        var start = StartInfo(hostile, "coverage", "--json");
        start.Isolate();
        start.Environment["ConnectionStrings__Postgres"] = Database.ConnectionString;
        start.Environment["Database__AutoMigrate"] = "true";
        var deaf = await EndAsync(start);
        Assert.True(deaf.ExitCode == 0, deaf.Output + deaf.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Isolation.EmptyFolder));
    }

    private async Task<string> ErrorAsync(IEnumerable<(string Name, string Value)> settings, params string[] words)
    {
        var ended = await RunAsync(settings, words);
        Assert.Equal(2, ended.ExitCode);
        return ended.Error;
    }

    private Task<Ended> RunAsync(IEnumerable<(string Name, string Value)> settings, params string[] words) => EndAsync(StartInfo(settings, words));

    /// <summary>As somebody types it in a folder with appsettings.json: nothing is kept from it.</summary>
    private ProcessStartInfo StartInfo(IEnumerable<(string Name, string Value)> settings, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [App.Program, .. words]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Isolate();
        start.WorkingDirectory = _folder.FullName;
        start.Environment.Remove("APPDATA");
        start.Environment["HOME"] = Path.Combine(_folder.FullName, "home");
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return start;
    }

    private static async Task<Ended> EndAsync(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancel), process.StandardError.ReadToEndAsync(Cancel));
        await process.WaitForExitAsync(Cancel);
        return new Ended(process.ExitCode, await output, await error);
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_folder.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
