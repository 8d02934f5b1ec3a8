using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Settings;

/// <summary>A Postgres that encrypts, reached by the machine's own name, which is none that is taken for loopback's.</summary>
public sealed class EncryptionTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("encryption-").FullName;
    private readonly TcpListener _door = TcpListener.Create(0);
    private readonly CancellationTokenSource _closed = new();
    private TestPostgres? _postgres;
    private TestDatabase? _database;
    private Task _forwarding = Task.CompletedTask;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Trusted => Path.Combine(_folder, "trusted.pem");

    private string Foreign => Path.Combine(_folder, "foreign.pem");

    private string Address
    {
        get
        {
            var given = new NpgsqlConnectionStringBuilder(_database!.ConnectionString);
            return $"Host={Dns.GetHostName()};Port={((IPEndPoint)_door.LocalEndpoint).Port};Username={given.Username};Password={given.Password};Database={given.Database};Pooling=false";
        }
    }

    public async ValueTask InitializeAsync()
    {
        _postgres = await TestPostgres.StartAsync(Cancel);
        _database = await _postgres.CloneAsync(TestPostgres.Empty, Cancel);
        var (certificate, key) = Certificate();
        await File.WriteAllTextAsync(Trusted, certificate, Cancel);
        await File.WriteAllTextAsync(Foreign, Certificate().Certificate, Cancel);
        // By the server's own user, who alone may read its key.
        foreach (var (file, text) in new[] { ("server.crt", certificate), ("server.key", key) })
            await _database.ExecuteAsync($"copy (select unnest(string_to_array('{text.Trim()}', E'\\n'))) to program 'umask 077; cat > {file}'", Cancel);
        await _database.ExecuteAsync("alter system set ssl = on", Cancel);
        await _database.ExecuteAsync("select pg_reload_conf()", Cancel);
        _door.Start();
        _forwarding = ForwardAsync(new NpgsqlConnectionStringBuilder(_database.ConnectionString).Port);
        await UntilItEncryptsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        await _forwarding.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _door.Dispose();
        _closed.Dispose();
        await _database!.DisposeAsync();
        await _postgres!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_server_whose_certificate_is_the_named_one_is_spoken_to_and_verified()
    {
        var connection = DatabaseConnection.Read(Address, Trusted).Connection!;
        Assert.True(connection.Encrypted && connection.Verified);
        Assert.DoesNotContain(connection.Warnings, warning => warning.Code == ErrorCodes.ServerUnverified);
        Assert.True(await IsEncryptedAsync(connection));
    }

    [Fact]
    public async Task A_server_with_another_certificate_than_the_named_one_is_not_spoken_to()
    {
        await using var database = DatabaseConnection.Read(Address, Foreign).Connection!.Open();
        var refused = await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await database.OpenConnectionAsync(Cancel));
        Assert.Equal("EA-DB-13", DatabaseFaults.Explain(refused)!.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData(";SSL Mode=Disable")]
    [InlineData(";SSL Mode=Prefer")]
    public async Task Without_a_certificate_it_is_encrypted_all_the_same_and_a_warning_says_that_nobody_checks_with_whom(string asked)
    {
        var connection = DatabaseConnection.Read($"{Address}{asked}", null).Connection!;
        Assert.Contains(connection.Warnings, warning => warning.Code == ErrorCodes.ServerUnverified);
        Assert.True(await IsEncryptedAsync(connection));
    }

    private static async Task<bool> IsEncryptedAsync(DatabaseConnection connection)
    {
        await using var database = connection.Open();
        await using var look = database.CreateCommand("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
        return await look.ExecuteScalarAsync(Cancel) is true;
    }

    /// <summary>The server takes its new settings a moment after it was told to.</summary>
    private async Task UntilItEncryptsAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2), TimeProvider.System);
        await using var database = DatabaseConnection.Read(Address, null).Connection!.Open();
        while (true)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(patience.Token);
                return;
            }
            catch (NpgsqlException) when (!patience.IsCancellationRequested)
            {
                // Not yet.
            }
        }
    }

    private async Task ForwardAsync(int port)
    {
        var open = new List<Task>();
        try
        {
            while (true)
                open.Add(ForwardAsync(await _door.AcceptTcpClientAsync(_closed.Token), port));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ForwardAsync(TcpClient from, int port)
    {
        using (from)
        using (var to = new TcpClient())
        {
            await to.ConnectAsync(IPAddress.Loopback, port, _closed.Token);
            var ended = await Task.WhenAny(from.GetStream().CopyToAsync(to.GetStream(), _closed.Token), to.GetStream().CopyToAsync(from.GetStream(), _closed.Token));
            await ended.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private static (string Certificate, string Key) Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Dns.GetHostName()}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Dns.GetHostName());
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddHours(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
