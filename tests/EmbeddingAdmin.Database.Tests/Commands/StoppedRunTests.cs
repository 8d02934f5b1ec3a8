using System.Text.Json;
using EmbeddingAdmin.Testing.Provider;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Commands;

/// <summary>A backfill that is typed and does not come to its end: refused, paused, or ended from outside.</summary>
public sealed class StoppedRunTests(AssemblyStack stack) : DemoCommands(stack)
{
    private static readonly ScriptedAnswer KeyRefused = new(401, """{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}""");

    [Fact]
    public async Task A_role_that_row_level_security_filters_is_refused_before_any_text_is_sent()
    {
        Assert.Equal(0, (await App.RunAsync(Local, "runs")).ExitCode);
        await Database.ExecuteAsync(
            $"""
            create role {Database.Name}_writer login password 'secret';
            grant select, update on stories, profiles to {Database.Name}_writer;
            grant usage on schema extensions, embedding_admin to {Database.Name}_writer;
            grant all on all tables in schema embedding_admin to {Database.Name}_writer;
            """, Cancel);
        try
        {
            await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
            var filtered = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Username = $"{Database.Name}_writer", Password = "secret" }.ConnectionString;
            var refused = await App.RunAsync(WithProvider(provider, filtered), "backfill", "profiles", "--json");
            Assert.Equal((3, "EA-RLS-01"), (refused.ExitCode, refused.ErrorCode));
            Assert.Equal(0, provider.Counts.Calls);
        }
        finally
        {
            await Database.ExecuteAsync($"drop owned by {Database.Name}_writer; drop role {Database.Name}_writer", CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_refused_key_is_the_providers_fault_and_the_run_that_it_holds_keeps_the_column()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        (provider.Script.Failure, provider.Script.FailEvery) = (KeyRefused, 1);
        var refused = await App.RunAsync(WithProvider(provider), "backfill", "profiles", "--json");
        Assert.Equal((4, "paused"), (refused.ExitCode, Text(refused.Json, "status")));
        Assert.Equal(JsonValueKind.Null, refused.Json.GetProperty("verdict").ValueKind);
        Assert.Contains("EA-PRV-01", refused.Error, StringComparison.Ordinal);

        var second = await App.RunAsync(Local, "backfill", "profiles", "--json");
        Assert.Equal((5, "EA-RUN-02"), (second.ExitCode, second.ErrorCode));
        var holder = refused.Json.GetProperty("run").GetInt64();
        Assert.Equal(holder, second.Json.GetProperty("error").GetProperty("run").GetInt64());

        var cancelled = await App.RunAsync(Local, "cancel", $"{holder}", "--json");
        Assert.Equal((0, "cancelled"), (cancelled.ExitCode, Text(cancelled.Json, "status")));
        var runs = await App.RunAsync(Local, "runs", "--json");
        Assert.Equal("cancelled", Text(Assert.Single(runs.Json.EnumerateArray()), "status"));
    }

    [Fact]
    public async Task Ctrl_C_pauses_the_run_and_a_resumed_one_waits_for_a_dashboard()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        provider.Script.Hang = true;
        await using var app = App.Start(WithProvider(provider), "backfill", "profiles", "--json");
        await provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);
        await app.SignalAsync("INT");
        await app.Error.LineWithAsync("Pausing run 1");
        provider.Script.Hang = false;
        var paused = await app.EndAsync();
        Assert.Equal((130, "paused"), (paused.ExitCode, Text(paused.Json, "status")));
        Assert.Equal(Rows(paused, "written"), await Database.ScalarAsync<long>("select count(preference_embedding) from profiles", Cancel));
        Assert.Equal("paused", await Database.ScalarAsync<string>("select status from embedding_admin.run", Cancel));

        var resumed = await App.RunAsync(Local, "resume", "1", "--json");
        Assert.Equal((0, "enqueued"), (resumed.ExitCode, Text(resumed.Json, "status")));
        Assert.Contains("No worker is up", Text(resumed.Json, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_Ctrl_C_ends_at_once()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        provider.Script.Hang = true;
        await using var app = App.Start(WithProvider(provider), "backfill", "profiles");
        await provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);
        await app.SignalAsync("INT");
        await app.Error.LineWithAsync("Pausing run 1");
        await app.SignalAsync("INT");
        Assert.Equal(130, (await app.EndAsync()).ExitCode);
        Assert.Equal("pausing", await Database.ScalarAsync<string>("select status from embedding_admin.run", Cancel));
    }

    [Fact]
    public async Task A_run_that_is_ended_from_outside_is_left_for_a_host()
    {
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        provider.Script.Hang = true;
        // So slowly that it is not at its end before it hears of the signal.
        await using var app = App.Start([.. WithProvider(provider), ("Backfill__RowsPerSecond", "20")], "backfill", "profiles", "--json");
        await provider.Counts.WhenAsync(counts => counts.InFlight > 0, Cancel);
        await app.SignalAsync("TERM");
        provider.Script.Hang = false;
        var ended = await app.EndAsync();
        Assert.Equal((5, "interrupted"), (ended.ExitCode, Text(ended.Json, "status")));
    }
}
