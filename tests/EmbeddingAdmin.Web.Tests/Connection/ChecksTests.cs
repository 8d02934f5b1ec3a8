using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Connection;

namespace EmbeddingAdmin.Web.Tests.Connection;

public sealed class ChecksTests
{
    private static readonly ServerFacts Good = new()
    {
        Version = "17.5", VersionNumber = 170005, Database = "postgres", Role = "postgres", Superuser = false, BypassesRowSecurity = true,
        InRecovery = false, ReadOnly = false, VectorVersion = "0.8.0", VectorSchema = "extensions", Migration = Migrations.Newest,
    };

    private static readonly DatabaseConnection Near = DatabaseConnection.Read("Host=127.0.0.1;Username=postgres;Password=hush;Database=postgres", null).Connection!;

    private static readonly Pooler Direct = new(PoolerMode.None, null);

    public static TheoryData<string, ServerFacts, Mark, string?> Servers => new()
    {
        { "Server", Good with { Version = "14.9", VersionNumber = 140009 }, Mark.Wrong, null },
        { "Role", Good with { BypassesRowSecurity = false }, Mark.Note, null },
        { "Writing", Good with { InRecovery = true, ReadOnly = true }, Mark.Wrong, "EA-DB-06" },
        { "Writing", Good with { ReadOnly = true }, Mark.Wrong, "EA-DB-06" },
        { "pgvector", Good with { VectorVersion = null, VectorSchema = null }, Mark.Wrong, "EA-SCH-03" },
        { "pgvector", Good with { VectorVersion = "0.6.2" }, Mark.Wrong, null },
        { "Own schema", Good with { Migration = 999 }, Mark.Wrong, "EA-DB-09" },
    };

    [Theory]
    [MemberData(nameof(Servers))]
    public void A_fault_of_the_server_is_marked_where_it_is(string what, ServerFacts server, Mark mark, string? code)
    {
        var check = Assert.Single(DatabaseChecks.Of(Near, server, Direct), check => check.Mark is not (Mark.Right or Mark.Fact));
        Assert.Equal((what, mark, code), (check.What, check.Mark, check.Code));
        Assert.NotNull(check.Sentence);
    }

    [Fact]
    public void A_server_in_order_has_no_other_mark() =>
        Assert.All(DatabaseChecks.Of(Near, Good, Direct), check => Assert.True(check.Mark is Mark.Right or Mark.Fact, check.What));

    [Theory]
    [InlineData("Host=127.0.0.1", "Way there", Mark.Right)]
    [InlineData("Host=db.example.org;SSL Mode=VerifyFull", "Way there", Mark.Right)]
    [InlineData("Host=db.example.org", "Way there", Mark.Note)]
    [InlineData("Host=db.example.org;Port=6543", "Pooler", Mark.Note)]
    [InlineData("Host=db.example.org", "Pooler", Mark.Fact)]
    public void The_way_there_is_judged(string host, string what, Mark mark)
    {
        var connection = DatabaseConnection.Read($"{host};Username=postgres;Password=hush;Database=postgres", null).Connection;
        var checks = DatabaseChecks.Of(connection, Good, null);
        Assert.Equal(mark, checks.Single(check => check.What == what).Mark);
        Assert.DoesNotContain(checks, check => $"{check}".Contains("hush", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(PoolerMode.None, null, Mark.Fact, "none", null)]
    [InlineData(PoolerMode.Session, "Supavisor", Mark.Fact, "session mode (Supavisor)", "The database is reached through a pooler in session mode (Supavisor). All is as without one.")]
    [InlineData(PoolerMode.Transaction, "PgBouncer", Mark.Note, "transaction mode (PgBouncer)", "The database is reached through a pooler in transaction mode (PgBouncer). Runs work")]
    [InlineData(PoolerMode.Transaction, null, Mark.Note, "transaction mode", "The database is reached through a pooler in transaction mode. Runs work")]
    [InlineData(PoolerMode.Unknown, null, Mark.Note, "one whose mode could not be found out", "The database is reached through a pooler; in which mode could not be found out. Runs work")]
    public void A_pooler_is_named_with_its_mode_and_what_that_changes(PoolerMode mode, string? product, Mark mark, string found, string? sentence)
    {
        var pooler = new Pooler(mode, product);
        var check = DatabaseChecks.Of(Near, Good, pooler).Single(check => check.What == "Pooler");
        Assert.Equal((mark, found, mode == PoolerMode.Transaction ? ErrorCodes.TransactionPooler : null), (check.Mark, check.Found, check.Code));
        Assert.StartsWith(sentence ?? "", PoolerWords.Sentence(pooler) ?? "", StringComparison.Ordinal);
        Assert.Equal(sentence is null, PoolerWords.Sentence(pooler) is null);
    }

    [Fact]
    public void A_key_is_shown_by_everything_but_its_value_and_an_expired_one_is_wrong()
    {
        var key = new SupabaseKey(KeyKind.LegacyService, "ref", Sample.Now, "1a2b3c4d");
        var checks = ApiChecks.Of(SupabaseUrl.Read("https://ref.supabase.co").Url, [Report(KeySetting.Service, key) with { Fault = new("EA-KEY-03", "Supabase:ServiceKey", "It expired.") }, Report(KeySetting.Anon, null), Report(KeySetting.Provider, key)]);
        Assert.Equal(new Check(Mark.Right, "Address", "https://ref.supabase.co"), checks[0]);
        Assert.Equal((Mark.Wrong, "legacy service key, of project ref, expires 2026-03-14, fingerprint 1a2b3c4d", "EA-KEY-03"), (checks[1].Mark, checks[1].Found, checks[1].Code));
        Assert.Equal((Mark.Note, "not set"), (checks[2].Mark, checks[2].Found));
        Assert.Equal(3, checks.Count);
    }

    [Fact]
    public void Of_a_key_the_gravest_thing_is_said_and_the_rest_elsewhere()
    {
        var report = Report(KeySetting.Service, new(KeyKind.Secret, null, null, "1a2b3c4d"));
        var warning = new SettingProblem("EA-KEY-11", "Supabase:ServiceKey", "It is longer than usual.");
        var refused = new RefusedKey(new("EA-KEY-01", "Supabase:ServiceKey", "This is the publishable key."), Sample.Now);

        Assert.Equal(new Check(Mark.Right, "Service key", "secret key, fingerprint 1a2b3c4d"), ApiChecks.Of(report));
        Assert.Equal((Mark.Note, "EA-KEY-11"), Marked(report with { Warnings = [warning] }));
        Assert.Equal((Mark.Note, "EA-KEY-01"), Marked(report with { Warnings = [warning], Refused = refused }));
        Assert.Equal((Mark.Wrong, "EA-KEY-03"), Marked(report with { Warnings = [warning], Refused = refused, Fault = new("EA-KEY-03", "Supabase:ServiceKey", "It expired.") }));
        Assert.Equal((Mark.Note, "EA-KEY-01"), Marked(report with { Key = null, Refused = refused }));

        static (Mark, string?) Marked(KeyReport key) => (ApiChecks.Of(key).Mark, ApiChecks.Of(key).Code);
    }

    [Fact]
    public void A_providers_key_is_never_shown()
    {
        var checks = ProviderChecks.Of(new() { Provider = "openai", ApiKey = "sk-planted" }, Report(KeySetting.Provider, SupabaseKey.Read("sk-planted")), TimeProvider.System);
        Assert.Contains(checks, check => check.Found == "api.openai.com");
        Assert.Matches("^OpenAI key, fingerprint [0-9a-f]{8}$", checks.Single(check => check.What == "Key").Found);
        Assert.DoesNotContain(checks, check => $"{check}".Contains("planted", StringComparison.Ordinal));
    }

    private static KeyReport Report(KeySetting setting, SupabaseKey? key) => new() { Setting = setting, Key = key, Since = Sample.Now, Warnings = [], Fault = null, Refused = null };
}
