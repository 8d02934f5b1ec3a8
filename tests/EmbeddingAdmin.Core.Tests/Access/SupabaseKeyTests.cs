using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Core.Tests.Access;

public sealed class SupabaseKeyTests
{
    private const string Ref = "abcdefghijklmnopqrst";
    private const string Hosted = $"https://{Ref}.supabase.co";
    private const string Local = "http://127.0.0.1:54321";
    private const string Secret = "sb_secret_0123456789abcdefghijAB_01234567";
    private const string Publishable = "sb_publishable_0123456789abcdefghijAB_01234567";
    private const string DefaultSecret = "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz";
    private const string DefaultPublishable = "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH";

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly string Service = Token($$"""{"iss":"supabase","ref":"{{Ref}}","role":"service_role","exp":2000000000}""");
    private static readonly string Anon = Token($$"""{"iss":"supabase","ref":"{{Ref}}","role":"anon","exp":2000000000}""");
    private static readonly string User = Token("""{"role":"authenticated","sub":"0c1d","exp":2000000000}""");
    private static readonly string AnonymousUser = Token("""{"role":"anon","sub":"0c1d"}""");
    private static readonly string Expired = Token("""{"role":"service_role","exp":1700000000}""");
    private static readonly string Foreign = Token("""{"role":"service_role","ref":"zyxwvutsrqponmlkjihg"}""");
    private static readonly string Demo = Token("""{"iss":"supabase-demo","role":"service_role","exp":2000000000}""");
    private static readonly string DemoAnon = Token("""{"iss":"supabase-demo","role":"anon","exp":2000000000}""");

    public static TheoryData<string, KeyKind> Kinds => new()
    {
        { Token("""{"role":"robot"}"""), KeyKind.Unknown }, { "sb_secret_clé", KeyKind.Malformed }, { "eyJhbGciOiJIUzI1NiJ9.W10.sig", KeyKind.Malformed }, { "", KeyKind.Malformed },
        { $"\uFEFF \"{Secret}\"\r\n", KeyKind.Secret }, { $"\u201C{Secret}\u201D", KeyKind.Secret },
    };

    /// <summary>Every shape that a key comes in: what it is, whether it may be the service key, and what is said of it.</summary>
    public static TheoryData<string, string, string?, KeyKind, string?, string?, string> Shapes => new()
    {
        { "a secret key", Secret, Hosted, KeyKind.Secret, null, null, "" },
        { "a secret key of another length", $"{Secret}x", Hosted, KeyKind.Secret, null, "EA-KEY-11", "longer or shorter than a secret key usually is" },
        { "a publishable key", Publishable, Hosted, KeyKind.Publishable, "EA-KEY-01", null, "This is the publishable key. It obeys row-level security, so writes would be dropped without an error. Use the secret key (sb_secret_…)." },
        { "a publishable key of another length", $"{Publishable}x", Hosted, KeyKind.Publishable, "EA-KEY-01", null, "This is the publishable key." },
        { "every local stack's secret key, on this machine", DefaultSecret, Local, KeyKind.DefaultSecret, null, "EA-KEY-12", "which everybody knows" },
        { "every local stack's secret key, for a project", DefaultSecret, Hosted, KeyKind.DefaultSecret, "EA-KEY-04", null, "belongs to no project" },
        { "every local stack's secret key, for nothing", DefaultSecret, null, KeyKind.DefaultSecret, "EA-KEY-04", null, "belongs to no project" },
        { "every local stack's publishable key", DefaultPublishable, Local, KeyKind.DefaultPublishable, "EA-KEY-01", null, "local stack" },
        { "a legacy service key", Service, Hosted, KeyKind.LegacyService, null, "EA-KEY-10", "a kind that Supabase is retiring" },
        { "a legacy service key past its end", Expired, Hosted, KeyKind.LegacyService, "EA-KEY-03", null, "expired on 2023-11-14" },
        { "a legacy service key of another project", Foreign, Hosted, KeyKind.LegacyService, "EA-KEY-04", null, "it names zyxwvutsrqponmlkjihg, and Supabase:Url names abcdefghijklmnopqrst" },
        { "a legacy anon key", Anon, Hosted, KeyKind.LegacyAnon, "EA-KEY-01", null, "legacy anon key" },
        { "a user's session", User, Hosted, KeyKind.UserSession, "EA-KEY-02", null, "a signed-in user's token" },
        { "an anonymous user's session", AnonymousUser, Hosted, KeyKind.UserSession, "EA-KEY-02", null, "a signed-in user's token" },
        { "an old local stack's service key, on this machine", Demo, Local, KeyKind.DefaultSecret, null, "EA-KEY-12", "which everybody knows" },
        { "an old local stack's service key, for a project", Demo, Hosted, KeyKind.DefaultSecret, "EA-KEY-04", null, "belongs to no project" },
        { "an old local stack's anon key", DemoAnon, Local, KeyKind.DefaultPublishable, "EA-KEY-01", null, "local stack" },
        { "an account's token", "sbp_0123456789abcdef0123456789abcdef01234567", Hosted, KeyKind.AccountToken, "EA-KEY-05", null, "account token" },
        { "an OpenAI key", "sk-0123456789hush", Hosted, KeyKind.OpenAi, "EA-KEY-06", null, "Embeddings:ApiKey" },
        { "an OpenAI project's key", "sk-proj-0123456789hush", Hosted, KeyKind.OpenAi, "EA-KEY-06", null, "Embeddings:ApiKey" },
        { "a token of five parts", "eyJh.hushhush.c.d.e", Hosted, KeyKind.Malformed, "EA-KEY-08", null, "damaged token" },
        { "three parts that are no token", "eyJh.hushhush.sh", Hosted, KeyKind.Malformed, "EA-KEY-08", null, "damaged token" },
        { "the first part of a token", "eyJhushhushhush", Hosted, KeyKind.Malformed, "EA-KEY-08", null, "damaged token" },
        { "a key with a space inside", "sb_secret_hush hush", Hosted, KeyKind.Malformed, "EA-KEY-08", null, "white space" },
        { "a key with quotes inside", "sb_secret_“hush”hush", Hosted, KeyKind.Malformed, "EA-KEY-08", null, "characters inside that no key has" },
        { "something else", "hushhushhush", Hosted, KeyKind.Unknown, null, "EA-KEY-11", "no form that a key of Supabase has" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_key_is_recognised_by_its_form_and_never_shown(string text, KeyKind kind)
    {
        var key = SupabaseKey.Read(text);
        Assert.Equal(kind, key.Kind);
        Assert.Matches("^[0-9a-f]{8}$", key.Fingerprint);
        if (text.Length > 8)
            Assert.DoesNotContain(SupabaseKey.Bare(text)[4..], $"{key}", StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_says_its_project_and_its_end()
    {
        var key = SupabaseKey.Read(Service);
        Assert.Equal((Ref, DateTimeOffset.FromUnixTimeSeconds(2_000_000_000)), (key.Project, key.Expires));
        Assert.Equal("bbabd85e", SupabaseKey.Read("sb_secret_x").Fingerprint);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_shape_of_a_key_is_told_by_its_form_and_taken_or_refused_as_the_service_key(string shape, string key, string? url, KeyKind kind, string? refused, string? warned, string telling)
    {
        Assert.NotEmpty(shape);
        var options = new SupabaseOptions { Url = url, ServiceKey = key };
        var problems = options.Problems(Now);
        IReadOnlyList<SettingProblem> said = refused is null ? options.Warnings() : problems;

        Assert.Equal(kind, SupabaseKey.Read(key).Kind);
        Assert.Equal(refused is null ? [] : [refused], problems.Select(problem => problem.Code));
        Assert.Equal((refused ?? warned) is { } code ? [(code, "Supabase:ServiceKey")] : [], said.Select(problem => (problem.Code, problem.Setting)));
        Assert.All(said, problem => Assert.Contains(telling, problem.Sentence, StringComparison.Ordinal));
        // No piece of it is echoed that is longer than a prefix.
        Assert.All(Enumerable.Range(0, key.Length - 11), at => Assert.DoesNotContain(key.Substring(at, 12), $"{SupabaseKey.Read(key)} {string.Join(' ', said)}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_wrong_key_in_the_anonymous_keys_place_is_refused()
    {
        Assert.Equal(["EA-KEY-09", "EA-KEY-09", "EA-KEY-02", "EA-KEY-05", "EA-KEY-06", "EA-KEY-08"], new[] { Secret, Service, User, "sbp_0123", "sk-x", "a b" }
            .Select(key => Assert.Single(new SupabaseOptions { Url = Hosted, AnonKey = key }.Problems(Now)).Code));
        Assert.Empty(new SupabaseOptions { Url = Hosted, ServiceKey = Secret, AnonKey = Publishable }.Problems(Now));
        Assert.Empty(new SupabaseOptions { Url = Hosted, ServiceKey = Service, AnonKey = Anon }.Problems(Now));
        Assert.Empty(new SupabaseOptions { Url = Local, ServiceKey = DefaultSecret, AnonKey = DemoAnon }.Problems(Now));
    }

    [Fact]
    public void A_key_expires_by_the_clock()
    {
        var options = new SupabaseOptions { ServiceKey = Expired };
        var end = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        Assert.Empty(options.Problems(end.AddSeconds(-1)));
        Assert.Equal("EA-KEY-03", Assert.Single(options.Problems(end)).Code);
    }

    [Fact]
    public void A_key_of_Supabase_is_not_sent_to_the_provider()
    {
        foreach (var key in new[] { Secret, Publishable, Service, Anon, Demo, DefaultSecret, "sbp_0123" })
            Assert.Equal(("EA-KEY-07", "Embeddings:ApiKey"), (SupabaseKeyRules.OfProviderKey(SupabaseKey.Read(key))?.Code, SupabaseKeyRules.OfProviderKey(SupabaseKey.Read(key))?.Setting));
        foreach (var key in new[] { "sk-proj-x", "gsk_x", "anything", Token("""{"sub":"x"}""") })
            Assert.Null(SupabaseKeyRules.OfProviderKey(SupabaseKey.Read(key)));
    }

    [Fact]
    public void What_works_and_should_be_known_is_a_warning()
    {
        Assert.Equal(["EA-KEY-10"], Warnings(Hosted, Service));
        Assert.Equal(["EA-KEY-11"], Warnings(Hosted, $"{Secret}x"));
        Assert.Equal(["EA-KEY-11"], Warnings(Hosted, "anything"));
        Assert.Equal(["EA-KEY-12"], Warnings(Local, DefaultSecret));
        Assert.Equal(["EA-CFG-16"], Warnings(Hosted, $"\"{Secret}\"\n"));
        Assert.Equal(["EA-CFG-16"], Warnings($"{Hosted} ", Secret));
        Assert.Empty(Warnings(Hosted, Secret));

        static IEnumerable<string> Warnings(string url, string key) => new SupabaseOptions { Url = url, ServiceKey = key }.Warnings().Select(warning => warning.Code);
    }

    [Theory]
    [InlineData("https://abcdefghijklmnopqrst.supabase.co", "https://abcdefghijklmnopqrst.supabase.co", Ref)]
    [InlineData(" 'https://abcdefghijklmnopqrst.supabase.co/' ", "https://abcdefghijklmnopqrst.supabase.co", Ref)]
    [InlineData("https://abcdefghijklmnopqrst.supabase.co/rest/v1", "https://abcdefghijklmnopqrst.supabase.co", Ref)]
    [InlineData("https://abcdefghijklmnopqrst.supabase.co/rest/v1/", "https://abcdefghijklmnopqrst.supabase.co", Ref)]
    [InlineData("https://api.example.org/supabase/rest/v1", "https://api.example.org/supabase", null)]
    [InlineData("http://127.0.0.1:54321", "http://127.0.0.1:54321", null)]
    [InlineData("http://localhost:54321/", "http://localhost:54321", null)]
    public void The_projects_address_is_brought_to_its_root(string text, string root, string? project)
    {
        var (url, problems) = SupabaseUrl.Read(text);
        Assert.Empty(problems);
        Assert.Equal((root, project, project is not null), (url!.Root, url.Project, url.IsHosted));
        Assert.Equal(project is null ? null : $"https://supabase.com/dashboard/project/{project}/editor/17?schema=my%20own", url.TableEditor(17, "my own"));
    }

    [Theory]
    [InlineData("https://hush@abc.supabase.co", "EA-CFG-02", "bare address")]
    [InlineData("https://abc.supabase.co?apikey=hush", "EA-CFG-02", "bare address")]
    [InlineData("https://abc.supabase.co/rest/v1?apikey=hush", "EA-CFG-02", "bare address")]
    [InlineData("https://abc.supabase.co/sb_secret_hush", "EA-CFG-02", "bare address")]
    [InlineData("https://abc.supabase.co/#hush", "EA-CFG-02", "bare address")]
    [InlineData("abc.supabase.co", "EA-CFG-03", "https:// in front")]
    [InlineData("hush", "EA-CFG-03", "https:// in front")]
    [InlineData("ftp://abc.supabase.co", "EA-CFG-03", "https:// in front")]
    [InlineData("http://abc.supabase.co", "EA-CFG-03", "unencrypted")]
    [InlineData("postgresql://postgres:hush@db.abc.supabase.co/postgres", "EA-CFG-03", "connection string")]
    [InlineData("https://supabase.com/dashboard/project/abcdefghijklmnopqrst/settings/api", "EA-CFG-04", "Set https://abcdefghijklmnopqrst.supabase.co.")]
    [InlineData("supabase.com/dashboard/project/abcdefghijklmnopqrst", "EA-CFG-04", "Set https://abcdefghijklmnopqrst.supabase.co.")]
    [InlineData("https://app.supabase.com/project/abcdefghijklmnopqrst", "EA-CFG-04", "Set https://abcdefghijklmnopqrst.supabase.co.")]
    [InlineData("https://supabase.com/dashboard/projects", "EA-CFG-04", "Set https://<ref>.supabase.co.")]
    [InlineData("https://db.abcdefghijklmnopqrst.supabase.co", "EA-CFG-04", "Set https://abcdefghijklmnopqrst.supabase.co.")]
    public void An_address_that_is_not_the_APIs_is_refused(string text, string code, string telling)
    {
        var problem = Assert.Single(SupabaseUrl.Read(text).Problems);
        Assert.Equal((code, "Supabase:Url"), (problem.Code, problem.Setting));
        Assert.Contains(telling, problem.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", $"{problem}", StringComparison.Ordinal);
    }

    private static string Token(string claims) => Tokens.Of(claims);
}
