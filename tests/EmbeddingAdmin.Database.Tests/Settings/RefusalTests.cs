using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EmbeddingAdmin.Database.Tests.Commands;
using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Settings;

public sealed class RefusalTests(AssemblyStack stack) : IAsyncLifetime
{
    private TestDatabase? _database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private TestDatabase Database => _database!;

    public async ValueTask InitializeAsync() => _database = await stack.Postgres.CloneAsync(TestPostgres.Empty, Cancel);

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    [Theory]
    [InlineData("EA-DB-03", "refused the user")]
    [InlineData("EA-DB-05", "no such database")]
    public async Task What_Postgres_refuses_is_explained_alike_in_the_terminal_and_on_a_page(string code, string telling)
    {
        var wrong = new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Pooling = false };
        if (code == "EA-DB-03")
            (wrong.Host, wrong.Password) = ("127.0.0.1", "Hush4f1c9a7e2b");
        else
            wrong.Database = "nothing_of_the_kind";

        var refused = await App.RunAsync([("ConnectionStrings__Postgres", wrong.ConnectionString)], "coverage", "--json");
        Assert.Equal((3, code), (refused.ExitCode, refused.ErrorCode));
        Assert.Contains(telling, refused.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Hush", refused.Output + refused.Error, StringComparison.Ordinal);

        await using var database = DatabaseConnection.Open(wrong.ConnectionString);
        var thrown = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await database.OpenConnectionAsync(Cancel));
        Assert.True(DatabaseFaults.IsRefusal(thrown));
        Assert.Equal(code, DatabaseFaults.Explain(thrown)!.Code);
    }

    [Theory]
    [InlineData("Tenant or user not found", "EA-DB-02", "Tenant or user not found")]
    [InlineData("(ENOTFOUND) tenant/user postgres.ref not found", "EA-DB-02", "postgres.<ref>")]
    [InlineData("Circuit breaker open: Too many authentication errors", "EA-DB-03", "wait two minutes")]
    public async Task A_pooler_that_does_not_know_the_project_is_asked_once_and_explained(string words, string code, string telling)
    {
        using var pooler = new TcpListener(IPAddress.Loopback, 0);
        pooler.Start();
        var asked = 0;
        using var closed = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var serving = ServeAsync();
        var connection = $"postgresql://postgres:hush@127.0.0.1:{((IPEndPoint)pooler.LocalEndpoint).Port}/postgres?sslmode=disable";

        var refused = await App.RunAsync([("SUPABASE_DB_URL", connection)], "coverage", "--json");
        Assert.Equal((3, code), (refused.ExitCode, refused.ErrorCode));
        Assert.Contains(telling, refused.Output, StringComparison.Ordinal);
        Assert.Equal(1, asked);
        await closed.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);

        async Task ServeAsync()
        {
            while (true)
            {
                using var client = await pooler.AcceptTcpClientAsync(closed.Token);
                asked++;
                var stream = client.GetStream();
                var length = new byte[4];
                await stream.ReadExactlyAsync(length, closed.Token);
                await stream.ReadExactlyAsync(new byte[BinaryPrimitives.ReadInt32BigEndian(length) - 4], closed.Token);
                byte[] fields = Encoding.UTF8.GetBytes($"SFATAL\0VFATAL\0CXX000\0M{words}\0\0");
                BinaryPrimitives.WriteInt32BigEndian(length, fields.Length + 4);
                await stream.WriteAsync((byte[])[(byte)'E', .. length, .. fields], closed.Token);
                client.Client.Shutdown(SocketShutdown.Send);
                // Until the other side has read it and gone.
                _ = await stream.ReadAsync(new byte[16], closed.Token);
            }
        }
    }

    [Fact]
    public async Task A_server_without_encryption_on_another_machine_is_not_spoken_to()
    {
        // The machine's own name leads here, and is none that is taken for loopback's.
        using var server = TcpListener.Create(0);
        server.Start();
        var connection = $"Host={Dns.GetHostName()};Port={((IPEndPoint)server.LocalEndpoint).Port};Username=ada;Password=Hush4f1c;Database=app;SSL Mode=Disable";
        var running = App.RunAsync([("SUPABASE_DB_URL", connection)], "coverage", "--json");
        using var client = await server.AcceptTcpClientAsync(Cancel).AsTask().WaitAsync(TimeSpan.FromMinutes(3), TimeProvider.System, Cancel);
        var asked = new byte[8];
        await client.GetStream().ReadExactlyAsync(asked, Cancel);
        // The request for encryption, which comes before any name or password.
        Assert.Equal([0, 0, 0, 8, 4, 210, 22, 47], asked);
        await client.GetStream().WriteAsync("N"u8.ToArray(), Cancel);
        var refused = await running;
        Assert.Equal((3, "EA-DB-13"), (refused.ExitCode, refused.ErrorCode));
        Assert.Contains("EA-DB-14 ConnectionStrings:Postgres", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], Cancel));
    }
}
