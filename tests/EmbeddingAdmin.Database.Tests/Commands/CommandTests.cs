using System.Net;
using System.Text.Json;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed class CommandTests(AssemblyStack stack) : IAsyncLifetime
{
    private static readonly string[] Outcomes =
        ["written", "alreadyCurrent", "changed", "deleted", "blocked", "reverted", "emptySource", "tooLong", "failed", "unverified", "notAttempted"];

    private static readonly ScriptedAnswer KeyRefused = new(401, """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}""");

    private TestDatabase? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    private (string Name, string Value)[] Unconfirmed => [("ConnectionStrings__Postgres", Database.ConnectionString), ("Embeddings__Provider", "local"), .. Tables];

    private static IEnumerable<(string Name, string Value)> Tables => DemoTables.Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!));

    private (string Name, string Value)[] Local => [.. Unconfirmed, ("Database__AutoMigrate", "true")];

    public async ValueTask InitializeAsync() => _database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    [Fact]
    public async Task A_backfill_a_verify_and_the_coverage_answer_with_one_JSON_value_each_and_it_is_what_SQL_says()
    {
        var backfill = await App.RunAsync(Local, "backfill", "profiles", "--json");
        Assert.Equal((0, "succeeded", "verified"), (backfill.ExitCode, Text(backfill.Json, "status"), Text(backfill.Json, "verdict")));
        Assert.Equal(["run", "kind", "table", "status", "verdict", "receipt", "tokens", "seconds"], Names(backfill.Json));
        Assert.Equal(("backfill", "profiles"), (Text(backfill.Json, "kind"), Text(backfill.Json, "table")));
        Assert.Equal(Outcomes, Names(backfill.Json.GetProperty("receipt")));
        var embedded = await Database.ScalarAsync<long>("select count(preference_embedding) from profiles", Cancel);
        Assert.Equal((embedded, 1500 - embedded), (Rows(backfill, "written"), Rows(backfill, "emptySource")));
        Assert.InRange(embedded, 1, 1499);

        var verify = await App.RunAsync(Local, "verify", "profiles", "--json");
        Assert.Equal((0, "verify", "verified"), (verify.ExitCode, Text(verify.Json, "kind"), Text(verify.Json, "verdict")));
        Assert.Equal(embedded, Rows(verify, "alreadyCurrent"));

        var coverage = await App.RunAsync(Local, "coverage", "--json");
        Assert.Equal(0, coverage.ExitCode);
        var tables = coverage.Json.EnumerateArray().ToArray();
        Assert.Equal([("stories", "embedding"), ("profiles", "preference_embedding")], tables.Select(table => (Text(table, "table"), Text(table, "column"))));
        Assert.All(tables, table => Assert.Equal(["table", "column", "total", "states", "embedded", "asOf", "exact"], Names(table)));
        Assert.All(tables, table => Assert.Equal(["fresh", "staleText", "staleConfig", "unstamped", "invalid", "emptySource", "missing"], Names(table.GetProperty("states"))));
        Assert.Equal((embedded, embedded, 1500), (tables[1].GetProperty("embedded").GetInt64(), tables[1].GetProperty("states").GetProperty("fresh").GetInt64(), tables[1].GetProperty("total").GetInt64()));
        Assert.Equal(0, tables[0].GetProperty("embedded").GetInt64());
    }

    [Fact]
    public async Task The_tables_are_listed_with_what_was_found_and_the_entry_that_would_use_it()
    {
        await Database.ExecuteAsync("create schema shop; create table shop.\"Odd \"\"Items\" (id bigint primary key, title text, vec extensions.halfvec(3)); create view shop.seen as select * from shop.\"Odd \"\"Items\"; analyze stories", Cancel);

        // Nothing is named, so the two tables of the app are meant, and their texts are proposed.
        (string, string)[] unnamed = [.. Local.Where(setting => !setting.Name.StartsWith("Tables__", StringComparison.Ordinal))];
        var tables = await App.RunAsync(unnamed, "tables", "--json");

        Assert.Equal((0, ""), (tables.ExitCode, tables.Error));
        Assert.Equal(["configured", "discovered"], Names(tables.Json));
        var configured = tables.Json.GetProperty("configured").EnumerateArray().ToArray();
        Assert.All(configured, table => Assert.Equal(["name", "schema", "table", "column", "key", "keyType", "type", "dimensions", "rows", "filter", "owner", "createdAt", "model", "private", "recipe", "fault"], Names(table)));
        Assert.Equal([("stories", "embedding", "uuid", 1536, true), ("profiles", "preference_embedding", "uuid", 1536, true)], configured.Select(table => (Text(table, "name")!, Text(table, "column")!, Text(table, "keyType")!, table.GetProperty("dimensions").GetInt32(), table.GetProperty("private").GetBoolean())));
        Assert.Equal(("proposed", "{title}\n{content}\nGenre: {genre}\nTags: {tags}"), (Text(configured[0].GetProperty("recipe"), "origin"), Text(configured[0].GetProperty("recipe"), "text")));
        Assert.Equal(5000, configured[0].GetProperty("rows").GetInt64());
        var found = tables.Json.GetProperty("discovered").EnumerateArray().ToArray();
        Assert.All(found, column => Assert.Equal(["schema", "table", "column", "kind", "type", "dimensions", "key", "keyType", "rows", "configuredAs", "recipe", "fault", "entry"], Names(column)));
        Assert.Equal(["public.profiles", "public.stories", "shop.Odd \"Items", "shop.seen"], found.Select(column => $"{Text(column, "schema")}.{Text(column, "table")}"));
        Assert.Equal(["EA-SCH-06"], found.Select(column => column.GetProperty("fault")).Where(fault => fault.ValueKind == JsonValueKind.Object).Select(fault => Text(fault, "code")));
        Assert.Equal("""{"Name":"odd-items","Schema":"shop","Table":"Odd \"Items","Vector":"vec","Private":true}""", JsonSerializer.Serialize(found[2].GetProperty("entry")).Replace("\\u0022", "\\\"", StringComparison.Ordinal));

        var said = await App.RunAsync(unnamed, "tables");
        foreach (var words in (string[])["Configured:", "stories: public.stories.embedding, key id (uuid), 1536 dimensions, text recipe proposed, not confirmed", "configured as stories", "halfvec(3), key id (bigint)", "EA-SCH-06: shop.seen is a view", "entry for the list Tables in appsettings.json"])
            Assert.Contains(words, said.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_is_kept_and_a_verify_of_the_rest_is_not_called_verified()
    {
        var backfill = await App.RunAsync(Local, "backfill", "profiles", "--limit", "7", "--json");
        Assert.Equal((0, 7L), (backfill.ExitCode, Rows(backfill, "written") + Rows(backfill, "emptySource")));
        Assert.Equal(Rows(backfill, "written"), await Database.ScalarAsync<long>("select count(preference_embedding) from profiles", Cancel));

        var verify = await App.RunAsync(Local, "verify", "profiles", "--json");
        Assert.Equal((1, "succeeded", "notVerified"), (verify.ExitCode, Text(verify.Json, "status"), Text(verify.Json, "verdict")));
    }

    [Fact]
    public async Task Where_nothing_can_be_drawn_over_progress_is_plain_lines()
    {
        var plain = await App.RunAsync(Local, "backfill", "profiles", "--limit", "7");
        Assert.Contains("profiles  100 %  7 of 7 rows", plain.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', plain.Output);
        Assert.Contains("Run 1 (backfill of profiles): succeeded, verified", plain.Output, StringComparison.Ordinal);
        Assert.Equal("7 rows in scope.", plain.Error);
    }

    [Theory]
    [InlineData("EA-CFG-12", "backfill", "nothing_of_the_kind", "--json")]
    [InlineData("EA-CFG-12", "coverage", "nothing_of_the_kind", "--json")]
    [InlineData("EA-CFG-08", "backfill", "profiles", "--limit", "0", "--json")]
    [InlineData("EA-CLI-01", "backfill", "profiles", "--limit", "many", "--json")]
    [InlineData("EA-CLI-01", "backfill", "--json")]
    [InlineData("EA-CLI-01", "backfil", "profiles", "--json")]
    [InlineData("EA-RUN-03", "pause", "42", "--json")]
    public async Task What_cannot_be_meant_is_a_usage_error(string code, params string[] words)
    {
        var refused = await App.RunAsync(Local, words);
        Assert.Equal((2, code), (refused.ExitCode, refused.ErrorCode));
    }

    [Theory]
    [InlineData("coverage")]
    [InlineData]
    public async Task Every_fault_of_the_settings_is_named_at_once(params string[] words)
    {
        var refused = await App.RunAsync([.. Local, ("Embeddings__Concurrency", "99"), ("Backfill__BatchSize", "9999"), ("Backfill__RowsPerSecond", "0"), ("SignIn__Token", "short"), ("Prices__0__PerMillionTokens", "1,5")], words);
        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        foreach (var setting in (string[])["EA-CFG-08 Embeddings:Concurrency: ", "EA-CFG-08 Backfill:BatchSize: ", "EA-CFG-08 Backfill:RowsPerSecond: ", "EA-SEC-02 SignIn:Token: ", "EA-CFG-09 Prices:0:"])
            Assert.Contains(setting, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_holds_up_neither_the_link_nor_the_dashboard()
    {
        var connection = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Database = $"{Database.Name}_later" }.ConnectionString;
        await using var app = App.Start([("ConnectionStrings__Postgres", connection), ("urls", "http://127.0.0.1:0"), ("DataProtection__Folder", Path.Combine(Checkout.Root, ".localstack/keys"))]);
        var address = (await app.Output.LineWithAsync("listening on ")).Split(' ')[^1];
        await app.Output.LineWithAsync("Sign in");
        await app.Error.LineWithAsync("EA-DB-05");
        using var http = new HttpClient();
        Assert.Equal("ok", await http.GetStringAsync(new Uri($"{address}/healthz"), Cancel));
        using var ready = await http.GetAsync(new Uri($"{address}/readyz"), Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        await app.SignalAsync("TERM");
        Assert.Equal(0, (await app.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_terminal_makes_no_schema_that_nobody_confirmed_and_updates_one_that_is_there()
    {
        var refused = await App.RunAsync(Unconfirmed, "runs", "--json");
        Assert.Equal((3, "EA-DB-11"), (refused.ExitCode, refused.ErrorCode));
        Assert.True(await Database.ScalarAsync<bool>("select to_regnamespace('embedding_admin') is null", Cancel));

        await Database.ExecuteAsync("create schema embedding_admin", Cancel);
        Assert.Equal(0, (await App.RunAsync(Unconfirmed, "runs", "--json")).ExitCode);
        Assert.True(await Database.ScalarAsync<bool>("select to_regclass('embedding_admin.run') is not null", Cancel));
    }

    [Fact]
    public async Task A_demo_is_reset_on_a_local_stack_only()
    {
        var refused = await App.RunAsync(Local, "--reset-demo");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("EA-STK-01", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_trouble_with_the_database()
    {
        var down = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Port = 1 }.ConnectionString;
        var refused = await App.RunAsync([("ConnectionStrings__Postgres", down)], "backfill", "profiles", "--json");
        Assert.Equal((3, "EA-DB-01"), (refused.ExitCode, refused.ErrorCode));
    }

    [Fact]
    public async Task The_surroundings_speak_of_somebody_elses_database_and_provider_and_are_not_heard()
    {
        (string, string)[] hostile =
        [
            ("PGHOST", "192.0.2.1"), ("PGOPTIONS", "-c default_transaction_read_only=on"), ("PGTARGETSESSIONATTRS", "standby"), ("PGSSLMODE", "verify-full"), ("PGSSLROOTCERT", "/nowhere"),
            ("DATABASE_URL", "postgres://somebody@192.0.2.1/else"), ("OPENAI_API_KEY", "sk-somebody-else"),
        ];
        var backfill = await App.RunAsync([.. Local, .. hostile], "backfill", "profiles", "--limit", "7", "--json");
        Assert.Equal((0, "verified"), (backfill.ExitCode, Text(backfill.Json, "verdict")));
    }

    [Fact]
    public async Task A_role_that_row_level_security_filters_is_refused_before_any_text_is_sent()
    {
        Assert.Equal(0, (await App.RunAsync(Local, "runs")).ExitCode);
        await Database.ExecuteAsync(
            $"""
            create role {Database.Name}_writer login password 'secret';
            grant select, update on stories, profiles to {Database.Name}_writer;
            grant usage on schema extensions, embedding_admin to {Database.Name}_writer;
            grant all on all tables in schema embedding_admin to {Database.Name}_writer;
            """, Cancel);
        try
        {
            await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
            var filtered = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = $"{Database.Name}_writer", Password = "secret" }.ConnectionString;
            var refused = await App.RunAsync(WithProvider(provider, filtered), "backfill", "profiles", "--json");
            Assert.Equal((3, "EA-RLS-01"), (refused.ExitCode, refused.ErrorCode));
            Assert.Equal(0, provider.Counts.Calls);
        }
        finally
        {
            await Database.ExecuteAsync($"drop owned by {Database.Name}_writer; drop role {Database.Name}_writer", CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_refused_key_is_the_providers_fault_and_the_run_that_it_holds_keeps_the_column()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        (provider.Script.Failure, provider.Script.FailEvery) = (KeyRefused, 1);
        var refused = await App.RunAsync(WithProvider(provider), "backfill", "profiles", "--json");
        Assert.Equal((4, "paused"), (refused.ExitCode, Text(refused.Json, "status")));
        Assert.Equal(JsonValueKind.Null, refused.Json.GetProperty("verdict").ValueKind);
        Assert.Contains("EA-PRV-01", refused.Error, StringComparison.Ordinal);

        var second = await App.RunAsync(Local, "backfill", "profiles", "--json");
        Assert.Equal((5, "EA-RUN-02"), (second.ExitCode, second.ErrorCode));
        var holder = refused.Json.GetProperty("run").GetInt64();
        Assert.Equal(holder, second.Json.GetProperty("error").GetProperty("run").GetInt64());

        var cancelled = await App.RunAsync(Local, "cancel", $"{holder}", "--json");
        Assert.Equal((0, "cancelled"), (cancelled.ExitCode, Text(cancelled.Json, "status")));
        var runs = await App.RunAsync(Local, "runs", "--json");
        Assert.Equal("cancelled", Text(Assert.Single(runs.Json.EnumerateArray()), "status"));
    }

    [Fact]
    public async Task Ctrl_C_pauses_the_run_and_a_resumed_one_waits_for_a_dashboard()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        provider.Script.Hang = true;
        await using var app = App.Start(WithProvider(provider), "backfill", "profiles", "--json");
        await provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);
        await app.SignalAsync("INT");
        await app.Error.LineWithAsync("Pausing run 1");
        provider.Script.Hang = false;
        var paused = await app.EndAsync();
        Assert.Equal((130, "paused"), (paused.ExitCode, Text(paused.Json, "status")));
        Assert.Equal(Rows(paused, "written"), await Database.ScalarAsync<long>("select count(preference_embedding) from profiles", Cancel));
        Assert.Equal("paused", await Database.ScalarAsync<string>("select status from embedding_admin.run", Cancel));

        var resumed = await App.RunAsync(Local, "resume", "1", "--json");
        Assert.Equal((0, "enqueued"), (resumed.ExitCode, Text(resumed.Json, "status")));
        Assert.Contains("No worker is up", Text(resumed.Json, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_Ctrl_C_ends_at_once()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        provider.Script.Hang = true;
        await using var app = App.Start(WithProvider(provider), "backfill", "profiles");
        await provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);
        await app.SignalAsync("INT");
        await app.Error.LineWithAsync("Pausing run 1");
        await app.SignalAsync("INT");
        Assert.Equal(130, (await app.EndAsync()).ExitCode);
        Assert.Equal("pausing", await Database.ScalarAsync<string>("select status from embedding_admin.run", Cancel));
    }

    [Fact]
    public async Task A_run_that_is_ended_from_outside_is_left_for_a_host()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        provider.Script.Hang = true;
        await using var app = App.Start(WithProvider(provider), "backfill", "profiles", "--json");
        await provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);
        await app.SignalAsync("TERM");
        provider.Script.Hang = false;
        var ended = await app.EndAsync();
        Assert.Equal((5, "interrupted"), (ended.ExitCode, Text(ended.Json, "status")));
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static long Rows(Ended ended, string outcome) => ended.Json.GetProperty("receipt").GetProperty(outcome).GetInt64();

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];

    private (string Name, string Value)[] WithProvider(ScriptedProvider provider, string? connection = null) =>
    [
        ("ConnectionStrings__Postgres", connection ?? Database.ConnectionString), ("Database__AutoMigrate", "true"), ("Embeddings__Provider", "openai"), ("Embeddings__Endpoint", provider.Endpoint), ("Embeddings__ApiKey", "sk-test"), .. Tables,
    ];
}
