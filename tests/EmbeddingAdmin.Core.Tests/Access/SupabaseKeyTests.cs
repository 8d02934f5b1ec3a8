using System.Buffers.Text;
using System.Text;
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
    private static readonly string Expired = Token("""{"role":"service_role","exp":1700000000}""");
    private static readonly string Foreign = Token("""{"role":"service_role","ref":"zyxwvutsrqponmlkjihg"}""");
    private static readonly string Demo = Token("""{"iss":"supabase-demo","role":"service_role","exp":2000000000}""");
    private static readonly string DemoAnon = Token("""{"iss":"supabase-demo","role":"anon","exp":2000000000}""");

    public static TheoryData<string, KeyKind> Kinds => new()
    {
        { Secret, KeyKind.Secret }, { Publishable, KeyKind.Publishable }, { Service, KeyKind.LegacyService }, { Anon, KeyKind.LegacyAnon }, { User, KeyKind.UserSession },
        { Token("""{"role":"anon","sub":"0c1d"}"""), KeyKind.UserSession }, { Token("""{"role":"robot"}"""), KeyKind.Unknown }, { "sbp_0123456789abcdef0123456789abcdef01234567", KeyKind.AccountToken },
        { "sk-proj-hush", KeyKind.OpenAi }, { DefaultSecret, KeyKind.DefaultSecret }, { DefaultPublishable, KeyKind.DefaultPublishable }, { Demo, KeyKind.DefaultSecret }, { DemoAnon, KeyKind.DefaultPublishable },
        { "hush", KeyKind.Unknown }, { "sb_secret_hu sh", KeyKind.Malformed }, { "sb_secret_clé", KeyKind.Malformed }, { "eyJhush", KeyKind.Malformed }, { "eyJh.hu.sh", KeyKind.Malformed },
        { "eyJhbGciOiJIUzI1NiJ9.W10.sig", KeyKind.Malformed }, { "eyJh.b.c.d.e", KeyKind.Malformed }, { "", KeyKind.Malformed },
        { $"\uFEFF \"{Secret}\"\r\n", KeyKind.Secret }, { $"\u201C{Secret}\u201D", KeyKind.Secret },
    };

    public static TheoryData<string, string?, string, string> RefusedAsService => new()
    {
        { Publishable, Hosted, "EA-KEY-01", "This is the publishable key. It obeys row-level security, so writes would be dropped without an error. Use the secret key (sb_secret_…)." },
        { Anon, Hosted, "EA-KEY-01", "legacy anon key" },
        { DefaultPublishable, Local, "EA-KEY-01", "local stack" },
        { User, Hosted, "EA-KEY-02", "a signed-in user's token" },
        { Expired, Hosted, "EA-KEY-03", "expired on 2023-11-14" },
        { Foreign, Hosted, "EA-KEY-04", "it names zyxwvutsrqponmlkjihg, and Supabase:Url names abcdefghijklmnopqrst" },
        { DefaultSecret, Hosted, "EA-KEY-04", "belongs to no project" },
        { DefaultSecret, null, "EA-KEY-04", "belongs to no project" },
        { Demo, Hosted, "EA-KEY-04", "belongs to no project" },
        { "sbp_0123456789abcdef0123456789abcdef01234567", Hosted, "EA-KEY-05", "account token" },
        { "sk-proj-hush", Hosted, "EA-KEY-06", "Embeddings:ApiKey" },
        { "sb_secret_hu sh", Hosted, "EA-KEY-08", "white space" },
        { "sb_secret_“hush”x", Hosted, "EA-KEY-08", "characters inside that no key has" },
        { "eyJhush", Hosted, "EA-KEY-08", "damaged token" },
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
    [MemberData(nameof(RefusedAsService))]
    public void A_wrong_key_in_the_service_keys_place_is_refused_with_its_own_sentence(string key, string? url, string code, string telling)
    {
        var problem = Assert.Single(new SupabaseOptions { Url = url, ServiceKey = key }.Problems(Now));
        Assert.Equal((code, "Supabase:ServiceKey"), (problem.Code, problem.Setting));
        Assert.Contains(telling, problem.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(key, $"{problem}", StringComparison.Ordinal);
        Assert.DoesNotContain("hush", $"{problem}", StringComparison.Ordinal);
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

    private static string Token(string claims) => $"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part(claims)}.c2lnbmF0dXJl";

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
