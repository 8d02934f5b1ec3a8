using System.Text.Json;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Commands;

/// <summary>What <c>doctor</c> says, and returns to the shell.</summary>
public sealed class DoctorTests(AssemblyStack stack) : IAsyncLifetime
{
    private const string RowText = "zebra-in-the-text";

    private TestDatabase? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    private (string Name, string Value)[] Local =>
    [
        ("ConnectionStrings__Postgres", Database.ConnectionString), ("Database__AutoMigrate", "true"), ("Embeddings__Provider", "local"),
        .. DemoTables.Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!)),
    ];

    public async ValueTask InitializeAsync() => _database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    [Fact]
    public async Task Where_whoever_should_write_can_it_says_so_and_returns_0()
    {
        await Database.ExecuteAsync($"update stories set title = '{RowText}', content = '{RowText}'", Cancel);
        var (url, anonKey, serviceKey) = await stack.Postgres.StartApiAsync(Database, Cancel);
        (string, string)[] settings = [.. Local, ("Supabase__Url", url), ("Supabase__AnonKey", anonKey), ("Supabase__ServiceKey", serviceKey)];

        var healthy = await App.RunAsync(settings, "doctor", "--json");

        Assert.Equal(0, healthy.ExitCode);
        var tables = healthy.Json.GetProperty("tables").EnumerateArray().ToArray();
        Assert.Equal([("stories", "postgres", true), ("profiles", "postgres", true)], tables.Select(table => (Text(table, "table"), Text(table, "role"), table.GetProperty("allCan").GetBoolean())));
        Assert.All(tables, HasTheShape);
        Assert.All(tables, table => Assert.Empty(table.GetProperty("why").EnumerateArray()));
        var identities = tables[0].GetProperty("identities").EnumerateArray().ToArray();
        Assert.Equal(
            ["connection-sql postgres sql", "serviceRole-sql service_role sql", "serviceRole-api service_role api", "owner-sql authenticated sql", "stranger-sql authenticated sql", "anon-sql anon sql", "anon-api anon api"],
            identities.Select(who => $"{Text(who, "identity")} {Text(who, "role")} {Text(who, "way")}"));
        Assert.Equal("yes yes yes", Answers(identities[0]));
        Assert.Equal("yes yes yes", Answers(identities[1]));
        Assert.Equal("yes silentlyNo silentlyNo", Answers(identities[3]));
        Assert.Equal("yes silentlyNo silentlyNo", Answers(identities[5]));
        Assert.Equal(("EA-RLS-01", "UPDATE 0, no error"), (Text(identities[5].GetProperty("changes"), "code"), Text(identities[5].GetProperty("changes"), "answered")));
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(embedding) from stories", Cancel));

        var said = await App.RunAsync(settings, "doctor", "stories");

        Assert.Equal(0, said.ExitCode);
        Assert.StartsWith("stories: whoever should write can, as of 20", said.Output, StringComparison.Ordinal);
        Assert.Matches(@"\n +sees +changes +sticks\n  the connection \(postgres\) +yes +yes +yes\n", said.Output);
        Assert.Matches(@"\n  the role anon +yes +silently no +silently no\n", said.Output);
        Assert.DoesNotContain("profiles", said.Output, StringComparison.Ordinal);
        foreach (var secret in (string[])[anonKey, serviceKey, new NpgsqlConnectionStringBuilder(Database.ConnectionString).Password!, RowText])
            Assert.DoesNotContain(secret, healthy.Output + healthy.Error + said.Output + said.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_should_write_and_cannot_is_named_with_the_reason_and_it_returns_3()
    {
        Assert.Equal(0, (await App.RunAsync(Local, "runs")).ExitCode);
        var role = $"{Database.Name}_doctor";
        await Database.ExecuteAsync(
            $"""
            create role {role} login password 'Hush4f1c9a7e2b';
            grant usage on schema extensions, embedding_admin to {role};
            grant all on all tables in schema embedding_admin to {role};
            grant select, update on stories to {role}; create policy seen on stories for select to {role} using (true);
            grant select on profiles to {role}; alter table profiles disable row level security;
            """, Cancel);
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = role, Password = "Hush4f1c9a7e2b" }.ConnectionString;
            (string, string)[] settings =
            [
                .. Local, ("ConnectionStrings__Postgres", connection), ("Tables__2__Name", "ghosts"), ("Tables__2__Table", "ghosts"), ("Tables__2__Vector", "embedding"), ("Tables__2__Text", "{title}"),
            ];

            var ill = await App.RunAsync(settings, "doctor", "--json");

            Assert.Equal(3, ill.ExitCode);
            var tables = ill.Json.GetProperty("tables").EnumerateArray().ToArray();
            Assert.All(tables, HasTheShape);
            Assert.Equal([("stories", role, false), ("profiles", role, false), ("ghosts", null, false)], tables.Select(table => (Text(table, "table"), Text(table, "role"), table.GetProperty("allCan").GetBoolean())));
            var filtered = tables[0].GetProperty("identities")[0];
            Assert.Equal("yes silentlyNo silentlyNo", Answers(filtered));
            Assert.Equal(("EA-RLS-01", $"The connection's role {role} is answered with success, and no row is changed."), (Text(filtered.GetProperty("changes"), "code"), Text(filtered.GetProperty("changes"), "sentence")));
            Assert.Equal(("connection-sql", "EA-RLS-01"), Reason(tables[0]));
            Assert.Equal("yes no no", Answers(tables[1].GetProperty("identities")[0]));
            Assert.Equal(("connection-sql", "EA-RLS-02"), Reason(tables[1]));
            Assert.Equal("EA-SCH-01", Text(tables[2].GetProperty("fault"), "code"));
            Assert.Empty(tables[2].GetProperty("identities").EnumerateArray());

            var said = await App.RunAsync(settings, "doctor");

            Assert.Equal(3, said.ExitCode);
            foreach (var words in (string[])
                [
                    $"stories: the connection ({role}) cannot write, as of 20", $"  the connection ({role}): EA-RLS-01: The connection's role {role} is answered with success, and no row is changed.",
                    "    asked: update \"public\".\"stories\" set \"embedding\" = a test vector where \"id\" = '", "    answered: UPDATE 0, no error", "    why: ",
                    $"  the connection ({role}): EA-RLS-02: The connection's role {role} is refused: it lacks a grant.", "42501: permission denied for table profiles",
                    $"  the role service_role: not measured. The connection's role {role} may not act as service_role.", "ghosts: EA-SCH-01: ",
                ])
                Assert.Contains(words, said.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("Hush", ill.Output + ill.Error + said.Output + said.Error, StringComparison.Ordinal);
        }
        finally
        {
            await Database.ExecuteAsync($"drop owned by {role}; drop role {role}", CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_database_that_is_away_is_said_as_every_verb_says_it()
    {
        var away = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Port = 1 }.ConnectionString;
        var refused = await App.RunAsync([.. Local, ("ConnectionStrings__Postgres", away)], "doctor", "--json");
        Assert.Equal((3, "EA-DB-01"), (refused.ExitCode, refused.ErrorCode));
    }

    [Theory]
    [InlineData("EA-CFG-12", "nothing_of_the_kind")]
    [InlineData("EA-CLI-01", "--key", "4")]
    [InlineData("EA-ROW-01", "stories", "--key", "4")]
    public async Task What_cannot_be_meant_is_a_usage_error(string code, params string[] words)
    {
        var refused = await App.RunAsync(Local, ["doctor", .. words, "--json"]);
        Assert.Equal((2, code), (refused.ExitCode, refused.ErrorCode));
    }

    private static void HasTheShape(JsonElement table)
    {
        Assert.Equal(["table", "role", "allCan", "asOf", "identities", "why", "fault"], Names(table));
        foreach (var who in table.GetProperty("identities").EnumerateArray())
        {
            Assert.Equal(["identity", "role", "way", "sees", "changes", "sticks"], Names(who));
            Assert.All(who.EnumerateObject().Skip(3), cell => Assert.Equal(["answer", "sentence", "code", "asked", "answered"], Names(cell.Value)));
        }

        foreach (var why in table.GetProperty("why").EnumerateArray())
        {
            Assert.Equal(["identity", "code", "sentence", "cures"], Names(why));
            Assert.All(why.GetProperty("cures").EnumerateArray(), cure => Assert.Equal(["says", "sql"], Names(cure)));
        }

        if (table.GetProperty("fault") is { ValueKind: JsonValueKind.Object } fault)
            Assert.Equal(["code", "message"], Names(fault));
    }

    private static (string? Identity, string? Code) Reason(JsonElement table)
    {
        var why = Assert.Single(table.GetProperty("why").EnumerateArray());
        Assert.NotEmpty(Text(why, "sentence")!);
        return (Text(why, "identity"), Text(why, "code"));
    }

    private static string Answers(JsonElement who) => string.Join(' ', ((string[])["sees", "changes", "sticks"]).Select(question => Text(who.GetProperty(question), "answer")));

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static string[] Names(JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
