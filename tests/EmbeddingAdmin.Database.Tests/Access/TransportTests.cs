using System.Buffers.Text;
using System.Text;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Testing.Api;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>What goes to the API and what may come back, whatever it is: the answers are replayed, as the real API gives none of them.</summary>
public sealed class TransportTests(ApiStack stack) : IClassFixture<ApiStack>, IAsyncLifetime
{
    private const string Secret = "sb_secret_abcdefghijklmnopqrstuv_12345678";
    private const string Publishable = "sb_publishable_abcdefghijklmnopqrstuv_12345678";
    private static readonly ReplayedAnswer OneRow = new(200, """[{"id":1}]""", "application/json", "Content-Range: 0-0/*");

    private ScriptedApi _api = null!;

    private static CancellationToken Cancel => ApiStack.Cancel;

    public async ValueTask InitializeAsync()
    {
        _api = await ScriptedApi.StartAsync(Cancel);
        await stack.ResetAsync();
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_key_of_the_new_kind_goes_in_its_own_header_alone()
    {
        var (_, request) = await AskAsync(Secret, OneRow);

        Assert.Equal((Secret, "EmbeddingAdmin/1", "public"), (request.Headers["apikey"], request.Headers["User-Agent"], request.Headers["Accept-Profile"]));
        Assert.False(request.Headers.ContainsKey("Authorization"));
        Assert.False(request.Headers.ContainsKey("Content-Profile"));
    }

    [Fact]
    public async Task A_legacy_key_goes_in_both_headers()
    {
        var key = Token("""{"role":"service_role","ref":"abcdefghijklmnopqrst","exp":4102444800}""");

        var (_, request) = await AskAsync(key, OneRow);

        Assert.Equal((key, $"Bearer {key}"), (request.Headers["apikey"], request.Headers["Authorization"]));
    }

    [Fact]
    public async Task A_signed_in_user_s_token_is_never_sent()
    {
        var token = Token("""{"role":"authenticated","sub":"somebody","exp":4102444800}""");

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => AskAsync(token, OneRow));

        Assert.Equal("EA-KEY-02", refused.Code);
        Assert.Empty(_api.Requests);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await ScriptedApi.StartAsync(Cancel);

        var (meaning, _) = await AskAsync(Secret, new(307, "", "", $"Location: {elsewhere.Url}/rest/v1/stories"));

        Assert.Equal((ApiVerdict.Redirected, "EA-API-09"), (meaning.Verdict, meaning.Code));
        Assert.Contains("points to 127.0.0.1, which was not followed", meaning.Sentence, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task An_answer_without_a_bound_is_not_read_to_its_end()
    {
        var (meaning, _) = await AskAsync(Secret, new(200, $"[{new string(' ', 2_000_000)}]"));

        Assert.Equal((ApiVerdict.Away, "EA-API-01"), (meaning.Verdict, meaning.Code));
        Assert.Contains("larger than any can be", meaning.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "<html><head><title>Just a moment...</title></head></html>", "text/html", AccessAnswer.NotMeasured, "EA-API-09", "Just a moment")]
    [InlineData(503, "<html><h1>No server is available</h1></html>", "text/html; charset=nonsense", AccessAnswer.NotMeasured, "EA-API-01", "No server is available")]
    [InlineData(502, "<html><h1>502 Bad Gateway</h1>sb_secret_hushhushhush</html>", "text/html", AccessAnswer.NotMeasured, "EA-API-01", "502 Bad Gateway")]
    [InlineData(521, "", "", AccessAnswer.NotMeasured, "EA-API-01", "HTTP 521")]
    [InlineData(540, "", "", AccessAnswer.NotMeasured, "EA-API-08", "paused")]
    [InlineData(402, """{"code":"exceeded_db_size_quota"}""", "application/json", AccessAnswer.NotMeasured, "EA-API-08", "exceeded_db_size_quota")]
    [InlineData(503, """{"code":"PGRST002","message":"Could not query the database for the schema cache. Retrying."}""", "application/json", AccessAnswer.NotMeasured, "EA-DB-01", "wait 9 s")]
    [InlineData(500, """{"code":"PGRST300","message":"Server lacks JWT secret"}""", "application/json", AccessAnswer.NotMeasured, "EA-API-04", "PGRST300")]
    [InlineData(401, """{"code":"PGRST303","message":"JWT expired"}""", "application/json", AccessAnswer.No, "EA-API-02", "JWT expired")]
    [InlineData(401, "", "", AccessAnswer.No, "EA-API-02", "sent as EmbeddingAdmin/1")]
    public async Task What_stands_before_the_API_may_answer_anything_and_it_is_said_what_it_was(int status, string body, string type, AccessAnswer answer, string code, string telling)
    {
        _api.Always(new(status, body, type, "Retry-After: 9"));
        await using var services = stack.Open(_api.Url, Secret);

        var cells = await stack.TryAsync(services, Identity.ServiceKey);

        Assert.All(cells, cell => Assert.Equal((answer, code), (cell.Answer, cell.Code)));
        Assert.All(cells, cell => Assert.Contains(telling, cell.Sentence, StringComparison.Ordinal));
        Assert.DoesNotContain("hush", $"{cells[0]}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_key_is_taken_with_the_next_request_and_a_wrong_one_is_not_sent_the_one_before_stays()
    {
        _api.Always(new(401));
        var settings = (IConfigurationRoot)new ConfigurationBuilder().AddInMemoryCollection(stack.Settings(_api.Url, Secret, null)).Build();
        await using var services = ApiStack.Open(settings);
        await stack.TryAsync(services, Identity.ServiceKey);
        var other = Secret.Replace('a', 'z');

        Change(other);
        await stack.TryAsync(services, Identity.ServiceKey);
        Change(Publishable);
        var refused = await stack.TryAsync(services, Identity.ServiceKey);

        Assert.Equal([Secret, other], _api.Requests.Select(request => request.Headers["apikey"]).Distinct(StringComparer.Ordinal));
        Assert.Equal(other, _api.Requests.Last().Headers["apikey"]);
        Assert.All(refused, cell => Assert.Equal((AccessAnswer.No, ErrorCodes.ApiKeyRefused), (cell.Answer, cell.Code)));

        void Change(string key)
        {
            settings["Supabase:ServiceKey"] = key;
            settings.Reload();
        }
    }

    private async Task<(ApiMeaning Meaning, ReplayedRequest Request)> AskAsync(string key, ReplayedAnswer answer)
    {
        _api.Always(answer);
        await using var services = stack.Open(_api.Url);
        var request = ApiRequest.Row(await stack.TargetAsync(services), "1", new(_api.Url, key));
        var meaning = ApiMeaning.Of(request, await services.GetRequiredService<SupabaseApi>().SendAsync(request, Cancel));
        return (meaning, _api.Requests[^1]);
    }

    private static string Token(string claims) => $"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part(claims)}.c2lnbmF0dXJl";

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
