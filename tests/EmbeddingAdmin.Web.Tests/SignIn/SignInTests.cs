using System.Net;

namespace EmbeddingAdmin.Web.Tests.SignIn;

public sealed class SignInTests(SignInDatabase database) : IClassFixture<SignInDatabase>
{
    private const string Token = "a long enough token";
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/")]
    [InlineData("/runs/42?page=2")]
    [InlineData("/no/such/page")]
    public async Task A_stranger_is_sent_to_the_sign_in_page_and_sees_nothing(string path)
    {
        await using var app = await database.StartAppAsync();
        using var stranger = app.NewVisitor();

        using var answer = await stranger.GetAsync(path);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"/sign-in?then={Uri.EscapeDataString(path)}", answer.Headers.Location!.OriginalString);
        Assert.Empty(await answer.Content.ReadAsStringAsync(Cancel));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/app.css")]
    [InlineData("/_framework/blazor.web.js")]
    [InlineData("/_content/Radzen.Blazor/css/standard-base.css")]
    [InlineData("/healthz")]
    public async Task What_the_sign_in_page_needs_is_open(string path)
    {
        await using var app = await database.StartAppAsync();
        using var stranger = app.NewVisitor();
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task A_link_signs_in_once_and_loading_it_does_not_use_it_up()
    {
        await using var app = await database.StartAppAsync();
        var link = await app.NewLinkAsync();
        using var scanner = app.NewVisitor();
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await scanner.GetAsync($"/sign-in?token={link}")).StatusCode);

        using var operatorOfLink = app.NewVisitor();
        using var answer = await operatorOfLink.OpenLinkAsync(link);
        Assert.Equal((HttpStatusCode.Redirect, "/"), (answer.StatusCode, answer.Headers.Location!.OriginalString));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("embedding-admin-", StringComparison.Ordinal) && !c.StartsWith("embedding-admin-form", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await operatorOfLink.GetAsync("/")).StatusCode);

        using var second = app.NewVisitor();
        using var refused = await second.OpenLinkAsync(link);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("EA-SEC-07", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, (await second.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Of_twenty_who_use_a_link_at_once_one_gets_in()
    {
        await using var app = await database.StartAppAsync(("SignIn:AttemptsPerMinute", "20"));
        var link = await app.NewLinkAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            using var visitor = app.NewVisitor();
            using var answer = await visitor.OpenLinkAsync(link);
            return answer.StatusCode;
        }));
        Assert.Equal(1, answers.Count(status => status == HttpStatusCode.Redirect));
        Assert.Equal(19, answers.Count(status => status == HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task An_expired_link_is_refused()
    {
        await using var app = await database.StartAppAsync();
        var link = await app.NewLinkAsync();
        Assert.Equal(TimeSpan.FromMinutes(15), await database.Database.ScalarAsync<TimeSpan>(
            "select expires_at - created_at from embedding_admin.sign_in_link order by created_at desc limit 1", Cancel));
        await database.Database.ExecuteAsync("update embedding_admin.sign_in_link set expires_at = now() where used_at is null", Cancel);

        using var visitor = app.NewVisitor();
        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.OpenLinkAsync(link)).StatusCode);
    }

    [Fact]
    public async Task The_database_holds_nothing_that_signs_in()
    {
        await using var app = await database.StartAppAsync();
        var link = await app.NewLinkAsync();
        using var visitor = app.NewVisitor();
        await visitor.OpenLinkAsync(link);

        var rows = await database.Database.ScalarAsync<string>(
            "select string_agg(l::text, ' ') || (select string_agg(s::text, ' ') from embedding_admin.session s) from embedding_admin.sign_in_link l", Cancel);
        Assert.DoesNotContain(link, rows, StringComparison.Ordinal);
        Assert.All(visitor.Cookies.GetAllCookies(), cookie => Assert.DoesNotContain(cookie.Value, rows, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_configured_token_signs_in_under_the_name_that_was_typed()
    {
        await using var app = await database.StartAppAsync(("SignIn:Token", Token));
        using var visitor = app.NewVisitor();
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.TypeTokenAsync(Token)).StatusCode);
        Assert.Equal("Ada", await database.Database.ScalarAsync<string>("select name from embedding_admin.session order by created_at desc limit 1", Cancel));
    }

    [Theory]
    [InlineData("another token")]
    [InlineData("")]
    public async Task Another_token_does_not(string typed)
    {
        await using var app = await database.StartAppAsync(("SignIn:Token", Token));
        using var visitor = app.NewVisitor();
        using var answer = await visitor.TypeTokenAsync(typed);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("EA-SEC-08", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_configured_token_none_signs_in_and_none_is_asked_for()
    {
        await using var app = await database.StartAppAsync();
        using var visitor = app.NewVisitor();
        Assert.DoesNotContain("name=\"token\"", await (await visitor.GetAsync("/sign-in")).Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.SubmitAsync("/sign-in?token=x", "/sign-in", ("token", ""))).StatusCode);
    }

    [Fact]
    public async Task The_sixth_attempt_of_a_minute_waits_even_with_the_right_token()
    {
        await using var app = await database.StartAppAsync(("SignIn:Token", Token));
        using var visitor = app.NewVisitor();
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.TypeTokenAsync("a wrong token")).StatusCode);

        using var sixth = await visitor.TypeTokenAsync(Token);
        Assert.Equal(HttpStatusCode.TooManyRequests, sixth.StatusCode);
        Assert.InRange(sixth.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains("EA-SEC-09", await sixth.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/sign-in")).StatusCode);
    }

    [Theory]
    [InlineData("/runs/42", "/runs/42")]
    [InlineData("//evil.example/", "/")]
    [InlineData("/\\evil.example/", "/")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("/sign-out", "/")]
    public async Task After_signing_in_one_gets_where_one_was_going_and_never_elsewhere(string then, string arrives)
    {
        await using var app = await database.StartAppAsync(("SignIn:Token", Token));
        using var visitor = app.NewVisitor();
        using var answer = await visitor.SubmitAsync("/sign-in", "/sign-in", ("token", Token), ("then", then));
        Assert.Equal(arrives, answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_token_of_fewer_than_twelve_characters_stops_the_start()
    {
        var refused = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => database.StartAppAsync(("SignIn:Token", "eleven char")));
        Assert.StartsWith("EA-SEC-02", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("eleven char", refused.Message, StringComparison.Ordinal);
    }
}
