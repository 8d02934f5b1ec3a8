using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using EmbeddingAdmin.Web.Security;
using EmbeddingAdmin.Web.Tests.SignIn;
using Microsoft.Extensions.Configuration;

namespace EmbeddingAdmin.Web.Tests.Security;

public sealed class RequestTests(SignInDatabase database) : IClassFixture<SignInDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("http://localhost")]
    [InlineData("null")]
    [InlineData(null)]
    public async Task A_form_or_a_circuit_of_another_origin_is_refused(string? origin)
    {
        await using var app = await database.StartAppAsync();
        using var visitor = await SignedInAsync(app);
        visitor.Origin = origin;

        using var form = await visitor.PostAsync("/sign-out");
        Assert.Equal(HttpStatusCode.Forbidden, form.StatusCode);
        Assert.Contains("EA-SEC-10", await form.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await visitor.PostAsync("/_blazor/negotiate?negotiateVersion=1")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await UpgradeAsync(app, visitor.CookieHeader, origin));
    }

    [Fact]
    public async Task A_circuit_of_ones_own_origin_opens_with_a_session_only()
    {
        await using var app = await database.StartAppAsync();
        using var visitor = await SignedInAsync(app);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await UpgradeAsync(app, visitor.CookieHeader, visitor.Origin));
        Assert.Equal(HttpStatusCode.Unauthorized, await UpgradeAsync(app, cookie: null, visitor.Origin));
    }

    [Fact]
    public async Task A_foreign_host_is_refused()
    {
        await using var app = await database.StartAppAsync();
        using var visitor = app.NewVisitor();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        request.Headers.Host = $"attacker.example:{app.Address.Port}";
        Assert.Equal(HttpStatusCode.BadRequest, (await visitor.SendAsync(request)).StatusCode);

        using var own = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        own.Headers.Host = $"localhost:{app.Address.Port}";
        Assert.Equal(HttpStatusCode.OK, (await visitor.SendAsync(own)).StatusCode);
    }

    [Fact]
    public async Task A_form_without_its_antiforgery_token_is_refused_on_a_friendly_page_and_uses_up_no_link()
    {
        await using var app = await database.StartAppAsync();
        var link = await app.NewLinkAsync();
        using var visitor = app.NewVisitor();
        using var answer = await visitor.PostAsync("/sign-in", ("link", link));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("EA-SEC-11", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Redirect, (await visitor.OpenLinkAsync(link)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await visitor.PostAsync("/sign-out")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/")]
    [InlineData("/app.css")]
    public async Task Every_answer_says_what_its_page_may_do_and_not_what_serves_it(string path)
    {
        await using var app = await database.StartAppAsync();
        using var visitor = await SignedInAsync(app);
        using var answer = await visitor.GetAsync(path);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task A_page_that_does_not_exist_says_404()
    {
        await using var app = await database.StartAppAsync();
        using var visitor = await SignedInAsync(app);
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/no/such/page")).StatusCode);
    }

    [Fact]
    public void The_next_port_is_taken_when_the_first_is_taken()
    {
        var nothing = new ConfigurationBuilder().Build();
        var first = new Uri(ListenAddress.Of(nothing).Single());
        using var other = new TcpListener(IPAddress.Loopback, first.Port);
        other.Start();
        var second = new Uri(ListenAddress.Of(nothing).Single());

        Assert.Equal("127.0.0.1", first.Host);
        Assert.InRange(first.Port, 5181, 5280);
        Assert.True(second.Port > first.Port);
    }

    private static async Task<HttpStatusCode> UpgradeAsync(DashboardApp app, string? cookie, string? origin)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (cookie is not null)
            socket.Options.SetRequestHeader("Cookie", cookie);
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        try
        {
            await socket.ConnectAsync(new UriBuilder(app.Address) { Scheme = "ws", Path = "/_blazor" }.Uri, Cancel);
        }
        catch (WebSocketException)
        {
        }
        return socket.HttpStatusCode;
    }

    private static async Task<Visitor> SignedInAsync(DashboardApp app)
    {
        var visitor = app.NewVisitor();
        (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
        return visitor;
    }
}
