using System.Net;
using EmbeddingAdmin.Web.SignIn;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace EmbeddingAdmin.Web.Tests.SignIn;

public sealed class SessionTests(SignInDatabase database) : IClassFixture<SignInDatabase>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_survives_a_restart()
    {
        using var port = new HeldPort();
        var address = ("urls", $"http://127.0.0.1:{port.Number}");
        var app = await database.StartAppAsync(address);
        using var visitor = await SignedInAsync(app);
        await app.DisposeAsync();

        await using var again = await database.StartAppAsync(address);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Signing_out_ends_the_session_for_whoever_has_a_copy_of_the_cookie()
    {
        await using var app = await database.StartAppAsync();
        using var visitor = await SignedInAsync(app);
        var stolen = visitor.CookieHeader;

        using var answer = await visitor.SubmitAsync("/sign-in?token=x", "/sign-out");
        Assert.Equal("/sign-in", answer.Headers.Location!.OriginalString);

        using var thief = new Visitor(app.Address);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Cookie", stolen);
        Assert.Equal(HttpStatusCode.Redirect, (await thief.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("last_seen_at = now() - interval '8 hours'")]
    [InlineData("expires_at = now()")]
    [InlineData("ended_at = now()")]
    public async Task A_session_ends(string how)
    {
        await using var app = await database.StartAppAsync();
        using var visitor = await SignedInAsync(app);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);

        await database.Database.ExecuteAsync($"update embedding_admin.session set {how}", Cancel);
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Using_a_session_prolongs_it_up_to_a_day_and_merely_asking_does_not()
    {
        var sessions = new Sessions(database.Database.DataSource);
        var hash = Secret.HashOf(await sessions.OpenAsync("Ada", Cancel));
        Assert.Equal(TimeSpan.FromHours(24), await AskAsync("expires_at - created_at"));
        await database.Database.ExecuteAsync($"update embedding_admin.session set last_seen_at = now() - interval '7 hours' where id_hash = {Bytea(hash)}", Cancel);

        Assert.True(await sessions.IsOpenAsync(hash, Cancel));
        Assert.True(await AskAsync("now() - last_seen_at") > TimeSpan.FromHours(6));
        Assert.Equal("Ada", await sessions.TouchAsync(hash, Cancel));
        Assert.True(await AskAsync("now() - last_seen_at") < TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromHours(24), await AskAsync("expires_at - created_at"));

        Task<TimeSpan> AskAsync(string what) => database.Database.ScalarAsync<TimeSpan>($"select {what} from embedding_admin.session where id_hash = {Bytea(hash)}", Cancel);
    }

    [Fact]
    public async Task A_circuit_loses_its_session_within_thirty_seconds_and_its_commands_at_once()
    {
        var sessions = new Sessions(database.Database.DataSource);
        var hash = Secret.HashOf(await sessions.OpenAsync("Ada", Cancel));
        var user = SessionCookie.PrincipalOf("Ada", hash, "Session");
        using var circuit = new SessionRevalidation(NullLoggerFactory.Instance, sessions);
        circuit.SetAuthenticationState(Task.FromResult(new AuthenticationState(user)));
        var commands = new Operator(circuit, sessions);
        Assert.True(await circuit.MayStayAsync(user, Cancel));
        Assert.Equal("Ada", await commands.ConfirmAsync(Cancel));

        await sessions.EndAsync(hash, Cancel);

        Assert.True(SessionRevalidation.Interval <= TimeSpan.FromSeconds(30));
        Assert.False(await circuit.MayStayAsync(user, Cancel));
        Assert.Equal("EA-SEC-06", (await Assert.ThrowsAsync<EmbeddingAdminException>(() => commands.ConfirmAsync(Cancel))).Code);
    }

    [Fact]
    public async Task When_the_database_is_down_the_page_says_so_in_a_sentence()
    {
        await using var relay = new Relay(database.Database.ConnectionString);
        relay.Open();
        await using var app = await database.StartAppAsync(("ConnectionStrings:Postgres", relay.ConnectionString), ("SignIn:Token", "a long enough token"));
        using var visitor = await SignedInAsync(app);
        relay.Close();
        var password = new NpgsqlConnectionStringBuilder(relay.ConnectionString).Password!;
        using var stranger = app.NewVisitor();
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/sign-in")).StatusCode);

        using var answer = await stranger.TypeTokenAsync("a long enough token");
        await AssertSaysSoAsync(answer);
        using var carrier = await visitor.GetAsync("/sign-in");
        await AssertSaysSoAsync(carrier);

        async Task AssertSaysSoAsync(HttpResponseMessage answer)
        {
            var page = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("EA-DB-01", page, StringComparison.Ordinal);
            Assert.DoesNotContain(password, page, StringComparison.Ordinal);
            Assert.DoesNotContain("Npgsql", page, StringComparison.Ordinal);
        }
    }

    private static async Task<Visitor> SignedInAsync(DashboardApp app)
    {
        var visitor = app.NewVisitor();
        (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
        return visitor;
    }

    private static string Bytea(byte[] bytes) => $"'\\x{Convert.ToHexString(bytes)}'";
}
