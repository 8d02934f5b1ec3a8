using System.Text.RegularExpressions;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Testing.Api;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>
/// PostgREST from 6 to 16 answers the same update in different ways. The answers are replayed, since only one version can be had here; the row that
/// they are about is real.
/// </summary>
public sealed partial class VersionTrapTests(ApiStack stack) : IClassFixture<ApiStack>, IAsyncLifetime
{
    private const string Publishable = "sb_publishable_abcdefghijklmnopqrstuv_12345678";
    private const string NoRow = """{"code":"PGRST116","details":"The result contains 0 rows","hint":null,"message":"Cannot coerce the result to a single JSON object"}""";
    private const string OneRow = """{"id":1}""";

    private ScriptedApi _api = null!;
    private ServiceProvider _services = null!;

    /// <summary>Version · status · range · body · changes · code.</summary>
    public static TheoryData<string, int, string, string, AccessAnswer, string?> Answers => new()
    {
        { "6.0 to 10.0, no row", 404, "*/*", "", AccessAnswer.SilentlyNo, "EA-RLS-01" },
        { "6.0 to 10.0, no row, represented", 404, "*/*", "[]", AccessAnswer.SilentlyNo, "EA-RLS-01" },
        { "before 7, where one object is not insisted on, no row", 200, "*/*", "[]", AccessAnswer.SilentlyNo, "EA-RLS-01" },
        { "before 7, where one object is not insisted on, two rows", 200, "0-1/*", """[{"id":1},{"id":2}]""", AccessAnswer.NotMeasured, "EA-API-09" },
        { "before 7, where one object is not insisted on, one row", 200, "0-0/*", """[{"id":1}]""", AccessAnswer.Yes, null },
        { "8, an error without a code", 406, "", """{"details":"Results contain 0 rows, application/vnd.pgrst.object+json requires 1 row","message":"JSON object requested, multiple (or no) rows returned"}""", AccessAnswer.SilentlyNo, "EA-RLS-01" },
        { "10.1 and later, no row", 406, "", NoRow, AccessAnswer.SilentlyNo, "EA-RLS-01" },
        { "10.1 and later, one row", 200, "0-0/*", OneRow, AccessAnswer.Yes, null },
        { "a proxy that takes Prefer away, one row", 204, "0-0/*", "", AccessAnswer.NotMeasured, "EA-API-10" },
        { "before 12.2, a preference that it does not know", 400, "", """{"code":"PGRST122","message":"Invalid preferences given with handling=strict","details":"Invalid preferences: max-affected=1"}""", AccessAnswer.NotMeasured, "EA-API-07" },
    };

    private static CancellationToken Cancel => ApiStack.Cancel;

    public async ValueTask InitializeAsync()
    {
        _api = await ScriptedApi.StartAsync(Cancel);
        _services = stack.Open(_api.Url, anonKey: Publishable);
        await stack.ResetAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Every_version_s_way_to_say_that_no_row_was_changed_is_understood(string version, int status, string range, string body, AccessAnswer answer, string? code)
    {
        Answers_to_updates_are(new(status, body, "application/json", range.Length > 0 ? [$"Content-Range: {range}"] : []));

        var changes = (await stack.TryAsync(_services, Identity.AnonymousKey))[1];

        Assert.True((answer, code) == (changes.Answer, changes.Code), $"{version}: {changes}");
    }

    /// <summary>Before 14.4 such an answer came empty although rows were changed; before 10 and since 13 a limit bounds nothing.</summary>
    [Fact]
    public async Task Nothing_that_is_sent_filters_a_write_by_or_or_limits_it_or_upserts()
    {
        Answers_to_updates_are(new(200, OneRow, "application/json", "Content-Range: 0-0/*"));

        await stack.TryAsync(_services, Identity.AnonymousKey);
        await stack.Database.ExecuteAsync("update stories set embedding = '[1,2,3]'", Cancel);
        await stack.TryAsync(_services, Identity.AnonymousKey, new() { Key = "1" });

        var writes = _api.Requests.Where(request => request.Method != "GET").ToArray();
        Assert.Equal(2, writes.Length);
        Assert.StartsWith("/rest/v1/stories?id=eq.1&embedding=is.null&select=id", writes[0].Path, StringComparison.Ordinal);
        Assert.Matches(@"^/rest/v1/stories\?id=eq\.1&xmin=eq\.\d+&select=id$", writes[1].Path);
        Assert.All(writes, write => Assert.Equal(("PATCH", "application/vnd.pgrst.object+json", "return=representation"), (write.Method, write.Headers["Accept"], write.Headers["Prefer"])));
    }

    /// <summary>What an or= filter was answered before 14.4: it cannot be told from no row.</summary>
    [Fact]
    public async Task An_answer_that_comes_empty_although_a_row_was_changed_looks_like_silence_so_it_is_never_provoked()
    {
        _api.Always(new(200, "[]", "application/json", "Content-Range: */*"));
        var request = new ApiRequest(HttpMethod.Patch, "stories?or=(embedding.is.null)", new(_api.Url, Publishable)) { Body = """{"embedding":"[4,5,6]"}""", Prefer = "return=representation" };

        var meaning = ApiMeaning.Of(request, await _services.GetRequiredService<SupabaseApi>().SendAsync(request, Cancel));

        Assert.Equal(ApiVerdict.Nothing, meaning.Verdict);
    }

    /// <summary>Before 16 a 40001 raised by a trigger is tried again without an end, and the request is never answered.</summary>
    [Fact]
    public async Task A_request_that_is_never_answered_is_given_up_and_not_called_undone()
    {
        _api.Always(null);
        using var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(300) };
        await using var impatient = stack.Open(_api.Url, http: http);
        var request = ApiRequest.Update(await stack.TargetAsync(), new("1", null, "1"), null, new(_api.Url, Publishable));

        var meaning = ApiMeaning.Of(request, await impatient.GetRequiredService<SupabaseApi>().SendAsync(request, Cancel));

        Assert.Equal((ApiVerdict.Away, "EA-API-01"), (meaning.Verdict, meaning.Code));
        Assert.Equal("The API did not answer within 0.3 s. Whether it was done is not known: it may still be worked on, and PostgREST before 16 never ends what a trigger refuses with 40001. Look at the row before you ask again.", meaning.Sentence);
    }

    [Fact]
    public void Nothing_of_this_program_raises_40001()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".cs" or ".sql" && !file.Contains("/obj/", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(files);
        Assert.DoesNotContain(files, file => Raises().IsMatch(File.ReadAllText(file)));
    }

    private void Answers_to_updates_are(ReplayedAnswer answer) => _api.Answer = request => Task.FromResult<ReplayedAnswer?>(
        request.Method == "GET" ? new(200, """[{"id":1}]""", "application/json", "Content-Range: 0-0/*") : answer);

    [GeneratedRegex(@"(?:errcode\s*=\s*|sqlstate\s+)'+(?:40001|serialization_failure)", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Raises();
}
