using System.Net;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.SignIn;
using EmbeddingAdmin.Web.Tests.Connection;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.SignIn;

public sealed class SignInMemoryTests(Postgres postgres) : FreshDatabase(postgres)
{
    private const string Token = "a long enough token";

    [Fact]
    public async Task Without_a_database_a_link_signs_in_once_and_signing_out_ends_the_session()
    {
        await using var app = await DashboardApp.StartAsync();
        var link = await app.NewLinkAsync();
        using var visitor = app.NewVisitor();
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.OpenLinkAsync(link)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);

        using var second = app.NewVisitor();
        using var refused = await second.OpenLinkAsync(link);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("EA-SEC-07", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        (await visitor.SubmitAsync("/sign-in?token=x", "/sign-out")).Dispose();
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Without_a_database_the_token_signs_in_and_the_sixth_attempt_waits()
    {
        await using var app = await DashboardApp.StartAsync(("SignIn:Token", Token));
        using var visitor = app.NewVisitor();
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.TypeTokenAsync(Token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/runs")).StatusCode);
        for (var attempt = 2; attempt <= 5; attempt++)
            Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.TypeTokenAsync("a wrong token")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await visitor.TypeTokenAsync(Token)).StatusCode);
    }

    [Fact]
    public async Task What_was_given_out_before_the_database_was_ready_holds_after_it_and_what_is_new_goes_there()
    {
        await using var app = await StartAsync();
        await app.UntilAsync<ReadinessState.NeedsConfirmation>();
        using var early = app.NewVisitor();
        (await early.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
        var link = await app.NewLinkAsync();
        await app.Readiness.ConfirmAsync(Database.Name, new("Ada", "dashboard"), Cancel);

        Assert.Equal(HttpStatusCode.OK, (await early.GetAsync("/")).StatusCode);
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from embedding_admin.session", Cancel));
        using var late = app.NewVisitor();
        Assert.Equal(HttpStatusCode.Redirect, (await late.OpenLinkAsync(link)).StatusCode);
        Assert.Equal(1, await Database.ScalarAsync<long>("select count(*) from embedding_admin.session", Cancel));
        Assert.Equal(HttpStatusCode.OK, (await late.GetAsync("/")).StatusCode);

        (await early.SubmitAsync("/sign-in?token=x", "/sign-out")).Dispose();
        Assert.Equal(HttpStatusCode.Redirect, (await early.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Links_and_sessions_in_memory_expire_by_the_same_rules()
    {
        var clock = new ManualClock();
        await using var app = await DashboardApp.StartAsync(clock);
        var (links, sessions) = (app.Services.GetRequiredService<SignInLinks>(), app.Services.GetRequiredService<Sessions>());
        var link = await links.CreateAsync(Cancel);
        var late = await links.CreateAsync(Cancel);
        clock.Advance(TimeSpan.FromMinutes(14));
        Assert.True(await links.UseAsync(link, Cancel));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(await links.UseAsync(late, Cancel));

        var used = Secret.HashOf(await sessions.OpenAsync("Ada", Cancel));
        var unused = Secret.HashOf(await sessions.OpenAsync("Ben", Cancel));
        for (var hours = 7; hours < 24; hours += 7)
        {
            clock.Advance(TimeSpan.FromHours(7));
            Assert.Equal("Ada", await sessions.TouchAsync(used, Cancel));
            // Merely asking does not prolong it.
            Assert.Equal(hours == 7, await sessions.IsOpenAsync(unused, Cancel));
        }

        clock.Advance(TimeSpan.FromHours(3));
        Assert.Null(await sessions.TouchAsync(used, Cancel));
    }

    [Fact]
    public async Task Of_twenty_who_use_a_link_at_once_one_gets_in()
    {
        await using var app = await DashboardApp.StartAsync();
        var links = app.Services.GetRequiredService<SignInLinks>();
        var link = await links.CreateAsync(Cancel);
        var got = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => links.UseAsync(link, Cancel))));
        Assert.Single(got, signedIn => signedIn);
    }
}
