using System.Net;
using System.Net.Sockets;
using EmbeddingAdmin.Local;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
[Collection(nameof(Alone))]
public sealed class StartTests
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_folder_becomes_a_database_an_API_and_a_demo_and_a_later_start_finds_them_as_they_were()
    {
        using var folder = new StackFolder();
        LocalStackConnection first;
        await using (var stack = await folder.StartAsync(folder.Options, Cancel))
        {
            first = stack.Connection;
            Assert.Null(first.ApiMissing);
            Assert.Equal(5000L, await ScalarAsync(first, "select count(*) from stories"));
            await ExecuteAsync(first, "delete from stories where id = (select min(id::text)::uuid from stories)");
        }
        await folder.UntilNoProcessIsLeftAsync(Cancel);
        Assert.Null(Local.LocalStack.FindRunning(folder.Path));

        var begun = Clock.GetTimestamp();
        await using (var stack = await folder.StartAsync(folder.Options, Cancel))
        {
            // Five seconds where no other test program runs beside this one.
            Assert.InRange(Clock.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromMinutes(1));
            Assert.Equal(first.AnonKey, stack.Connection.AnonKey);
            Assert.Equal(first.ServiceKey, stack.Connection.ServiceKey);
            Assert.Equal(4999L, await ScalarAsync(stack.Connection, "select count(*) from stories"));
        }
    }

    [Fact]
    public async Task A_reset_brings_the_empty_state_back()
    {
        using var folder = new StackFolder();
        var options = folder.Options with { WithApi = false };
        await using (var stack = await folder.StartAsync(options, Cancel))
            await ExecuteAsync(stack.Connection, "delete from stories; create schema embedding_admin; create table embedding_admin.run (id bigint)");
        await using (var stack = await folder.StartAsync(options with { ResetDemo = true }, Cancel))
        {
            Assert.Equal(5000L, await ScalarAsync(stack.Connection, "select count(*) from stories where embedding is null"));
            Assert.Null(await ScalarAsync(stack.Connection, "select to_regnamespace('embedding_admin')::text"));
        }
    }

    [Fact]
    public async Task A_second_start_on_a_folder_that_is_up_attaches_and_stops_nothing()
    {
        using var folder = new StackFolder();
        var options = folder.Options with { WithApi = false };
        await using var owner = await folder.StartAsync(options, Cancel);
        await using (var guest = await folder.StartAsync(options, Cancel)) Assert.Equal(owner.Connection, guest.Connection);
        Assert.Equal(owner.Connection, Local.LocalStack.FindRunning(folder.Path));
        Assert.Equal(5000L, await ScalarAsync(owner.Connection, "select count(*) from stories"));
        var refused = await Assert.ThrowsAsync<LocalStackException>(() => folder.StartAsync(options with { ResetDemo = true }, Cancel));
        Assert.Contains("not reset", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_starts_at_once_share_one_stack()
    {
        using var folder = new StackFolder();
        var options = folder.Options with { WithApi = false, WithDemo = false };
        var stacks = await Task.WhenAll(folder.StartAsync(options, Cancel), folder.StartAsync(options, Cancel));
        Assert.Equal(stacks[0].Connection, stacks[1].Connection);
        foreach (var stack in stacks) await stack.DisposeAsync();
        await folder.UntilNoProcessIsLeftAsync(Cancel);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_left_to_its_owner()
    {
        using var folder = new StackFolder();
        using var stranger = new TcpListener(IPAddress.Loopback, 0);
        stranger.Start();
        var taken = ((IPEndPoint)stranger.LocalEndpoint).Port;
        var offers = 0;
        var user = await PostgresUser.ChooseAsync(Cancel);
        var programs = await DebianPostgres.GetAsync(folder.Options, user, new Progress<string>(), Cancel);
        await using var server = await PostgresServer.StartAsync(programs, user, Path.Combine(folder.Path, "pg"), "secret", folder.Options, new Progress<string>(), Cancel, Offered);
        Assert.NotEqual(taken, new NpgsqlConnectionStringBuilder(server.ConnectionString).Port);

        offers = 0;
        var modules = await ApiModules.GetAsync(folder.Options, new Progress<string>(), Cancel);
        await using var api = await SupabaseApi.StartAsync(modules, Path.Combine(folder.Path, "api"), server.ConnectionString, Secrets.ReadOrMake(folder.Path), Clock, Cancel, Offered);
        Assert.NotEqual(taken, new Uri(api.Url).Port);

        // First the one that is taken; of the others somebody else may be first as well.
        int Offered() => offers++ == 0 ? taken : FreePort.Next();
    }

    [Fact]
    public async Task The_server_listens_on_loopback_and_wants_its_password()
    {
        using var folder = new StackFolder();
        await using var stack = await folder.StartAsync(folder.Options with { WithApi = false, WithDemo = false }, Cancel);
        Assert.Equal("127.0.0.1", await ScalarAsync(stack.Connection, "show listen_addresses"));
        var wrong = new NpgsqlConnectionStringBuilder(stack.Connection.ConnectionString) { Password = "wrong", Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(wrong);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(Cancel));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Fact]
    public async Task Secrets_can_be_read_by_their_owner_only()
    {
        using var folder = new StackFolder();
        await using var stack = await folder.StartAsync(folder.Options, Cancel);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder.Path, "api")));
        foreach (var file in (string[])["secrets.json", "stack.json", "api/supabase/config.toml"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, file)));
        Assert.DoesNotContain("Password", stack.Connection.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_can_run_the_server_where_root_has_no_user_namespaces()
    {
        using var folder = new StackFolder();
        var user = Environment.IsPrivilegedProcess ? PostgresUser.AsNobody : await PostgresUser.ChooseAsync(Cancel);
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var data = await user.ReachableAsync(folder.Path, Cancel);
        try
        {
            var programs = await DebianPostgres.GetAsync(folder.Options, user, new Progress<string>(), Cancel);
            await using var server = await PostgresServer.StartAsync(programs, user, Path.Combine(data, "pg"), "secret", folder.Options, new Progress<string>(), Cancel);
            Assert.StartsWith("17.", server.Version, StringComparison.Ordinal);
        }
        finally
        {
            if (!string.Equals(data, folder.Path, StringComparison.Ordinal)) Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<object?> ScalarAsync(LocalStackConnection stack, string sql)
    {
        await using var connection = await DemoDatabase.OpenAsync(stack.ConnectionString, Cancel);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel) is { } value and not DBNull ? value : null;
    }

    private static async Task ExecuteAsync(LocalStackConnection stack, string sql)
    {
        await using var connection = await DemoDatabase.OpenAsync(stack.ConnectionString, Cancel);
        await DemoDatabase.ExecuteAsync(connection, sql, Cancel);
    }
}
