using System.Net;
using System.Text.Json;
using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed class CommandTests(AssemblyStack stack) : DemoCommands(stack)
{
    private static readonly string[] Outcomes =
        ["written", "alreadyCurrent", "changed", "deleted", "blocked", "reverted", "emptySource", "tooLong", "failed", "unverified", "notAttempted"];

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
        Assert.All(tables, table => Assert.Equal(["table", "column", "total", "states", "embedded", "asOf", "exact", "examined"], Names(table)));
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
        var refused = await App.RunAsync([.. Local, ("Embeddings__Concurrency", "99"), ("Backfill__BatchSize", "9999"), ("Backfill__RowsPerSecond", "0"), ("Verify__SecondLookSeconds", "3601"), ("SignIn__Token", "short"), ("Prices__0__PerMillionTokens", "1,5")], words);
        Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
        foreach (var setting in (string[])["EA-CFG-08 Embeddings:Concurrency: ", "EA-CFG-08 Backfill:BatchSize: ", "EA-CFG-08 Backfill:RowsPerSecond: ", "EA-CFG-08 Verify:SecondLookSeconds: ", "EA-SEC-02 SignIn:Token: ", "EA-CFG-09 Prices:0:"])
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
}
