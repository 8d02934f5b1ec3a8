using System.Net;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.Tests.SignIn;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace EmbeddingAdmin.Web.Tests.Connection;

public sealed class BrakeTests(Postgres postgres) : FreshDatabase(postgres)
{
    // Everything that goes on by itself while a run's page is open: the host's look, its scheduler's two loops, news, poll, beat, page.
    private const int Loops = 7;

    [Fact]
    public async Task A_password_that_is_changed_while_the_dashboard_is_up_is_tried_no_second_time_before_an_operator_says_so()
    {
        var role = $"changing_{Guid.NewGuid():N}";
        await Database.ExecuteAsync($"create role {role} login superuser password 'first'", Cancel);
        await using var relay = new Relay(Database.ConnectionString);
        relay.Open();
        var connection = new NpgsqlConnectionStringBuilder(relay.ConnectionString) { Username = role, Password = "first" }.ConnectionString;
        await using (var app = await DashboardApp.StartAsync(("ConnectionStrings:Postgres", connection), ("Database:AutoMigrate", "true"), ("Tables:0:Name", "profiles"), ("Tables:0:Vector", "preference_embedding")))
        {
            await app.UntilAsync<ReadinessState.Ready>();
            // A scheduler that has its tables and was not started yet would never knock.
            await Until.HoldsAsync(async () => await Database.ScalarAsync<bool>("select to_regclass('embedding_admin.qrtz_scheduler_state') is not null and (select count(*) = 1 from embedding_admin.instance)", Cancel)
                && await Database.ScalarAsync<bool>("select count(*) = 1 from embedding_admin.qrtz_scheduler_state", Cancel));
            using var visitor = app.NewVisitor();
            (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
            await using var watching = app.Services.GetRequiredService<RunFeed>().WatchAllAsync(Cancel).GetAsyncEnumerator(Cancel);
            await watching.MoveNextAsync();
            var news = app.Services.GetServices<IHostedService>().OfType<RunNews>().Single();
            await Until.TrueAsync(() => news.IsProven);
            Assert.Equal(0, relay.Refusals);

            await Database.ExecuteAsync($"alter role {role} password 'second'", Cancel);
            relay.Close();
            relay.Open();
            var refused = await app.UntilAsync<ReadinessState.Refused>();
            Assert.Equal(ErrorCodes.DatabaseCredentials, refused.Fault.Code);
            // What was under way at that moment has come back when the scheduler has knocked twice more, without a password.
            await KnocksAsync(relay, 2);
            var first = relay.Refusals;
            Assert.InRange(first, 1, Loops);

            await KnocksAsync(relay, 2);
            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await visitor.GetAsync("/readyz")).StatusCode);
            Assert.Equal(first, relay.Refusals);

            await app.Readiness.RetryAsync(Cancel);
            Assert.IsType<ReadinessState.Refused>(app.Readiness.State);
            await KnocksAsync(relay, 1);
            Assert.Equal(first + 1, relay.Refusals);

            await Database.ExecuteAsync($"alter role {role} password 'first'", Cancel);
            await app.Readiness.RetryAsync(Cancel);
            Assert.IsType<ReadinessState.Ready>(app.Readiness.State);
            var run = await app.Services.GetRequiredService<RunControl>().StartAsync(new(RunKind.Verify, "profiles"), new Actor("Ada", "dashboard"), Cancel);
            await Until.HoldsAsync(async () => (await app.Services.GetRequiredService<RunStore>().FindAsync(run.Id, Cancel))!.Status == RunStatus.Succeeded);
            Assert.Equal(first + 1, relay.Refusals);
        }

        await Database.ExecuteAsync($"reassign owned by {role} to postgres; drop owned by {role}; drop role {role}", Cancel);
    }

    private static async Task KnocksAsync(Relay relay, int more)
    {
        var enough = relay.Connections + more;
        await Until.TrueAsync(() => relay.Connections >= enough);
    }
}
