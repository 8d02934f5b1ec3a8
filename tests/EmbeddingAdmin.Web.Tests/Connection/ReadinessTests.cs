using System.Net;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.Tests.SignIn;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Web.Tests.Connection;

public sealed class ReadinessTests(Postgres postgres) : FreshDatabase(postgres)
{
    private static readonly Actor Ada = new("Ada", "dashboard");

    [Fact]
    public async Task A_refused_password_is_tried_once_and_again_only_on_an_operators_word()
    {
        await using var relay = new Relay(Database.ConnectionString);
        relay.Open();
        var clock = new ManualClock();
        var wrong = new NpgsqlConnectionStringBuilder(relay.ConnectionString) { Password = "not the password" };
        await using var app = await StartAsync(clock, ("ConnectionStrings:Postgres", wrong.ConnectionString));
        var refused = await app.UntilAsync<ReadinessState.Refused>();
        Assert.Equal(ErrorCodes.DatabaseCredentials, refused.Fault.Code);

        using var visitor = app.NewVisitor();
        (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await visitor.GetAsync("/readyz")).StatusCode);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, relay.Connections);

        await app.Readiness.RetryAsync(Cancel);
        Assert.IsType<ReadinessState.Refused>(app.Readiness.State);
        Assert.Equal(2, relay.Connections);
    }

    [Fact]
    public async Task Of_several_who_ask_for_another_try_at_once_all_get_the_answer_of_one()
    {
        await using var relay = new Relay(Database.ConnectionString);
        relay.Open();
        await using var app = await StartAsync(("ConnectionStrings:Postgres", new NpgsqlConnectionStringBuilder(relay.ConnectionString) { Password = "no" }.ConnectionString));
        await app.UntilAsync<ReadinessState.Refused>();

        // The first one's try goes on until all of them have asked.
        relay.Hold();
        var asked = Enumerable.Range(0, 5).Select(_ => app.Readiness.RetryAsync(Cancel)).ToList();
        relay.LetGo();
        await Task.WhenAll(asked);
        Assert.Equal(2, relay.Connections);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_refused_until_it_is_made_and_somebody_tries_again()
    {
        var later = $"{Database.Name}_later";
        await using var app = await StartAsync(("Database:AutoMigrate", "true"), ("ConnectionStrings:Postgres", new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Database = later }.ConnectionString));
        await app.UntilAsync<ReadinessState.Refused>();
        await Database.ExecuteAsync($"create database {later}", Cancel);
        try
        {
            await app.Readiness.RetryAsync(Cancel);
            Assert.IsType<ReadinessState.Ready>(app.Readiness.State);
        }
        finally
        {
            await Database.ExecuteAsync($"drop database {later} with (force)", CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_tried_again_until_it_does()
    {
        await using var relay = new Relay(Database.ConnectionString);
        var clock = new ManualClock();
        await using var app = await StartAsync(clock, ("ConnectionStrings:Postgres", relay.ConnectionString), ("Database:AutoMigrate", "true"));
        Assert.Equal(ErrorCodes.DatabaseUnreachable, (await app.UntilAsync<ReadinessState.Unreachable>()).Fault.Code);
        Assert.False(app.Readiness.Applied.IsCompleted);

        relay.Open();
        await ReadyAsync(app, clock);
        Assert.True(app.Readiness.Applied.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Nothing_is_made_before_an_operator_has_typed_the_databases_name()
    {
        await using var app = await StartAsync();
        var asked = await app.UntilAsync<ReadinessState.NeedsConfirmation>();
        Assert.Equal((Database.Name, "postgres", true), (asked.Database, asked.Role, asked.RoleMayCreate));
        Assert.Equal((new NpgsqlConnectionStringBuilder(Database.ConnectionString).Host, new NpgsqlConnectionStringBuilder(Database.ConnectionString).Port), (asked.Host, asked.Port));
        Assert.False(await IsMadeAsync());

        var wrong = await Assert.ThrowsAsync<EmbeddingAdminException>(() => app.Readiness.ConfirmAsync("postgres", Ada, Cancel));
        Assert.Equal(ErrorCodes.SchemaNotConfirmed, wrong.Code);
        Assert.False(await IsMadeAsync());
        Assert.False(app.Readiness.Applied.IsCompleted);

        await app.Readiness.ConfirmAsync($" {Database.Name} ", Ada, Cancel);
        Assert.IsType<ReadinessState.Ready>(app.Readiness.State);
        await Until.HoldsAsync(async () => asked.Tables == await Database.ScalarAsync<long>("select count(*) from pg_tables where schemaname = 'embedding_admin'", Cancel));
        Assert.Equal(
            $"Ada schema.confirmed Ada confirmed {Database.Name} on {asked.Host}; the schema embedding_admin was made there.",
            await Database.ScalarAsync<string>("select actor || ' ' || kind || ' ' || (details ->> 'sentence') from embedding_admin.event order by id limit 1", Cancel));
    }

    [Fact]
    public async Task Runs_wait_for_the_schema_and_then_they_are_driven()
    {
        await using var app = await StartAsync();
        await app.UntilAsync<ReadinessState.NeedsConfirmation>();
        // As if another program had made it and asked for a run: this one has not been told yet.
        await Migrations.ApplyAsync(Database.DataSource, Cancel);
        var run = await app.Services.GetRequiredService<RunControl>().StartAsync(new(RunKind.Verify, "profiles"), Ada, Cancel);
        await app.Readiness.RetryAsync(Cancel);

        using var late = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        late.CancelAfter(TimeSpan.FromSeconds(90));
        await foreach (var snapshot in app.Services.GetRequiredService<RunFeed>().WatchAsync(run.Id, late.Token))
        {
            if (snapshot.Run.Status == RunStatus.Succeeded)
                break;
        }
    }

    [Theory]
    [InlineData("Database:AutoMigrate")]
    [InlineData("LocalStack:Running")]
    public async Task Where_the_consent_is_given_nobody_is_asked(string setting)
    {
        await using var app = await StartAsync((setting, "true"));
        await app.UntilAsync<ReadinessState.Ready>();
        Assert.True(await IsMadeAsync());
        Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from embedding_admin.event", Cancel));
    }

    [Fact]
    public async Task A_schema_that_is_there_is_updated_without_asking()
    {
        await Database.ExecuteAsync("create schema embedding_admin", Cancel);
        await using var app = await StartAsync();
        await app.UntilAsync<ReadinessState.Ready>();
        Assert.Equal(Migrations.Newest, await Database.ScalarAsync<int>("select max(number) from embedding_admin.migration", Cancel));
    }

    [Fact]
    public async Task A_schema_of_a_newer_program_is_refused_and_the_dashboard_stays_up_to_say_so()
    {
        await Migrations.ApplyAsync(Database.DataSource, Cancel);
        await Database.ExecuteAsync("insert into embedding_admin.migration (number, name, sha256) values (999, 'later', '')", Cancel);
        await using var app = await StartAsync();
        Assert.Equal(ErrorCodes.SchemaNewer, (await app.UntilAsync<ReadinessState.Refused>()).Fault.Code);
        using var visitor = app.NewVisitor();
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/sign-in")).StatusCode);
    }

    [Fact]
    public async Task A_role_that_may_not_make_a_schema_is_told_so_and_may_after_the_grant()
    {
        var role = $"{Database.Name}_poor";
        await Database.ExecuteAsync($"create role {role} login password 'poor'", Cancel);
        try
        {
            // A look of its own every five seconds might be under way, and give the answer of before the grant.
            await using var app = await StartAsync(new ManualClock(), ("ConnectionStrings:Postgres", new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = role, Password = "poor", Pooling = false }.ConnectionString));
            Assert.False((await app.UntilAsync<ReadinessState.NeedsConfirmation>()).RoleMayCreate);
            Assert.Equal(ErrorCodes.Grant, (await Assert.ThrowsAsync<EmbeddingAdminException>(() => app.Readiness.ConfirmAsync(Database.Name, Ada, Cancel))).Code);
            Assert.False(await IsMadeAsync());

            await Database.ExecuteAsync($"grant create on database {Database.Name} to {role}", Cancel);
            await app.Readiness.RetryAsync(Cancel);
            Assert.True(Assert.IsType<ReadinessState.NeedsConfirmation>(app.Readiness.State).RoleMayCreate);
            await app.Readiness.ConfirmAsync(Database.Name, Ada, Cancel);
            Assert.IsType<ReadinessState.Ready>(app.Readiness.State);
        }
        finally
        {
            await Database.ExecuteAsync($"drop owned by {role} cascade; drop role {role}", CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_confirmation_holds_for_the_database_that_it_names_and_for_no_other()
    {
        var other = await Assert.ThrowsAsync<EmbeddingAdminException>(() => Migrations.ApplyAsync(Database.DataSource, new(Ada, "host", "another"), Cancel));
        Assert.Equal(ErrorCodes.SchemaNotConfirmed, other.Code);
        Assert.False(await IsMadeAsync());
    }

    [Fact]
    public async Task With_half_of_the_connection_the_dashboard_starts_and_knows_what_is_missing()
    {
        await using var app = await StartAsync(("ConnectionStrings:Postgres", ""), ("Supabase:Url", "https://abcdefghijklmnopqrst.supabase.co"), ("Supabase:ServiceKey", "sb_secret_0123456789"));
        Assert.Equal(new ReadinessState.HalfConfigured("abcdefghijklmnopqrst.supabase.co", true), await app.UntilAsync<ReadinessState.HalfConfigured>());
        using var visitor = app.NewVisitor();
        (await visitor.OpenLinkAsync(await app.NewLinkAsync())).Dispose();
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task It_is_ready_while_the_database_answers_and_says_nothing_else()
    {
        await using var relay = new Relay(Database.ConnectionString);
        // By the system's clock a busy database has two seconds to answer in.
        var clock = new ManualClock();
        await using var app = await StartAsync(clock, ("ConnectionStrings:Postgres", relay.ConnectionString), ("Database:AutoMigrate", "true"));
        using var stranger = app.NewVisitor();
        await AssertAsync(HttpStatusCode.ServiceUnavailable, "not ready");

        relay.Open();
        await ReadyAsync(app, clock);
        await AssertAsync(HttpStatusCode.OK, "ready");

        relay.Close();
        await AssertAsync(HttpStatusCode.ServiceUnavailable, "not ready");
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/healthz")).StatusCode);

        async Task AssertAsync(HttpStatusCode status, string word)
        {
            using var answer = await stranger.GetAsync("/readyz");
            Assert.Equal((status, word), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)));
        }
    }

    /// <summary>Lets the pauses between two tries pass until one has come through.</summary>
    private static Task ReadyAsync(DashboardApp app, ManualClock clock) => Until.TrueAsync(() =>
    {
        clock.Advance(Readiness.Pause);
        return app.Readiness.State is ReadinessState.Ready;
    });
}
