using System.Net;
using Npgsql;

namespace EmbeddingAdmin.Local;

/// <summary>The Supabase-compatible API in front of one database.</summary>
internal sealed class SupabaseApi : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly GuardedProcess guarded;

    private SupabaseApi(GuardedProcess process, string url)
    {
        guarded = process;
        Url = url;
    }

    public string Url { get; }

    /// <param name="modules">Node and lite.</param>
    /// <param name="folder">A folder of this API's own; its configuration is written there.</param>
    /// <param name="connectionString">The database, in Npgsql's form.</param>
    /// <param name="secrets">The keys that it shall accept.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="nextPort">Where ports come from; null: the system.</param>
    /// <exception cref="LocalStackException">A sentence why there is no API.</exception>
    public static async Task<SupabaseApi> StartAsync(ApiModules modules, string folder, string connectionString, Secrets secrets, TimeProvider clock,
        CancellationToken cancel, Func<int>? nextPort = null)
    {
        PrivateFile.CreateFolder(folder);
        PrivateFile.CreateFolder(Path.Combine(folder, "supabase"));
        foreach (var orphan in Orphan.In(folder, "supabase/lite").ToArray()) await Orphan.StopAsync(orphan, "TERM", clock, cancel);
        for (var tries = 1; ; tries++)
        {
            var port = (nextPort ?? FreePort.Next)();
            PrivateFile.Write(Path.Combine(folder, "supabase/config.toml"), Configuration(port, connectionString, secrets));
            var process = GuardedProcess.Start([modules.Node, modules.Cli, "start", "--no-admin", "--host", "127.0.0.1"], "TERM", clock, folder,
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["DO_NOT_TRACK"] = "1",
                    ["SUPABASE_PUBLISHABLE_KEY"] = secrets.AnonKey,
                    ["SUPABASE_SECRET_KEY"] = secrets.ServiceKey,
                });
            var url = $"http://127.0.0.1:{port}";
            try
            {
                if (await AnswersAsync(process, url, secrets.ServiceKey, clock, cancel)) return new SupabaseApi(process, url);
            }
            catch
            {
                await process.DisposeAsync();
                throw;
            }
            // What it says holds keys, so the message must not.
            await process.DisposeAsync();
            if (tries == FreePort.Tries) throw new LocalStackException($"The local API ended at its start {tries} times, so there is none.");
        }
    }

    public ValueTask DisposeAsync() => guarded.DisposeAsync();

    private static string Configuration(int port, string connectionString, Secrets secrets)
    {
        var address = new NpgsqlConnectionStringBuilder(connectionString);
        var url = $"postgres://{Uri.EscapeDataString(address.Username!)}:{Uri.EscapeDataString(address.Password ?? "")}@{address.Host}:{address.Port}/{Uri.EscapeDataString(address.Database!)}";
        return $"""
            [api]
            port = {port}

            [db]
            driver = "postgres"
            url = "{url}"

            [auth]
            jwt_secret = "{secrets.JwtSecret}"
            publishable_key = "env(SUPABASE_PUBLISHABLE_KEY)"
            secret_key = "env(SUPABASE_SECRET_KEY)"

            """;
    }

    /// <summary>False when the process has ended. A stranger on the port does not know the key.</summary>
    private static async Task<bool> AnswersAsync(GuardedProcess process, string url, string key, TimeProvider clock, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        http.DefaultRequestHeaders.Add("apikey", key);
        while (!process.Exited.IsCompleted)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"{url}/rest/v1/"), cancel);
                if (answer.StatusCode == HttpStatusCode.OK && !process.Exited.IsCompleted)
                {
                    // Its first look at a table with row-level security grants rights, and two such looks at once are answered 500.
                    using var alone = await http.GetAsync(new Uri($"{url}/rest/v1/stories?select=id&limit=1"), cancel);
                    return true;
                }
            }
            catch (Exception notYet) when (notYet is HttpRequestException || (notYet is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                // It is still starting.
            }
            if (clock.GetElapsedTime(started) > StartLimit) throw new LocalStackException("The local API did not answer within 60 s, so there is none.");
            await Task.WhenAny(process.Exited, Task.Delay(Poll, clock, cancel));
            cancel.ThrowIfCancellationRequested();
        }
        return false;
    }
}
