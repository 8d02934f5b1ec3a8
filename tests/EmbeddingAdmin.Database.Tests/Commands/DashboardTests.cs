using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed partial class DashboardTests : IDisposable
{
    private readonly StackFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private (string Name, string Value)[] Settings => [("LocalStack__Folder", _folder.Path), ("DataProtection__Folder", Path.Combine(_folder.Path, "keys"))];

    // Two that look for a first free port at the same moment find the same: only the test of that looks for one.
    private (string Name, string Value)[] Anywhere => [.. Settings, ("urls", "http://127.0.0.1:0")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task With_nothing_configured_it_starts_on_a_stack_of_its_own_and_gives_links_that_sign_in_once()
    {
        using var stranger = Take(5181);
        await using var app = App.Start(Settings);
        var address = await AddressAsync(app);
        Assert.True(address.IsLoopback);
        Assert.NotEqual(5181, address.Port);
        var printed = LinkIn(await app.Output.LineWithAsync("Sign in"));
        Assert.Equal(HttpStatusCode.Redirect, await SignInAsync(printed));
        Assert.Equal(HttpStatusCode.Unauthorized, await SignInAsync(printed));

        var again = await App.RunAsync(Settings, "sign-in");
        Assert.Equal((0, ""), (again.ExitCode, again.Error));
        var fresh = LinkIn(again.Output);
        Assert.NotEqual(printed, fresh);
        Assert.Equal(HttpStatusCode.Redirect, await SignInAsync(fresh));

        await app.SignalAsync("TERM");
        Assert.Equal(0, (await app.EndAsync()).ExitCode);
        await _folder.UntilNoProcessIsLeftAsync(Cancel);
        var gone = await App.RunAsync(Settings, "sign-in", "--json");
        Assert.Equal((2, "EA-CLI-03"), (gone.ExitCode, gone.ErrorCode));
        await _folder.UntilNoProcessIsLeftAsync(Cancel);
    }

    [Fact]
    public async Task A_killed_dashboard_leaves_no_process_and_the_next_one_finds_the_paused_run_as_it_was_left()
    {
        Ended before;
        await using (var app = App.Start(Anywhere))
        {
            await app.Output.LineWithAsync("Sign in");
            await using var run = App.Start([.. Settings, ("Backfill__RowsPerSecond", "20")], "backfill", "stories", "--json");
            await run.Error.LineWithAsync("of 5,000 rows");
            var pause = await App.RunAsync(Settings, "pause", "1", "--json");
            Assert.Equal((0, "pausing"), (pause.ExitCode, pause.Json.GetProperty("status").GetString()));
            before = await run.EndAsync();
            Assert.Equal((5, "paused"), (before.ExitCode, before.Json.GetProperty("status").GetString()));

            await app.SignalAsync("KILL");
            await app.EndAsync();
            await _folder.UntilNoProcessIsLeftAsync(Cancel);
        }

        await using (var app = App.Start(Anywhere))
        {
            await app.Output.LineWithAsync("Sign in");
            var runs = await App.RunAsync(Settings, "runs", "--json");
            Assert.Equal(before.Output, $"{Assert.Single(runs.Json.EnumerateArray())}");

            var resumed = await App.RunAsync(Settings, "resume", "1");
            Assert.Equal("Run 1 goes on.", resumed.Output);
            await app.Error.LineWithAsync("Run 1 (Backfill of stories) is running");
            await app.SignalAsync("INT");
            var ended = await app.EndAsync();
            Assert.Equal(0, ended.ExitCode);
            Assert.Contains("Run 1 is Interrupted", ended.Error, StringComparison.Ordinal);
        }

        await _folder.UntilNoProcessIsLeftAsync(Cancel);
    }

    internal static async Task<Uri> AddressAsync(App app) => new((await app.Output.LineWithAsync("listening on ")).Split(' ')[^1]);

    internal static Uri LinkIn(string line) => new(line.Split(' ')[^1]);

    internal static async Task<HttpStatusCode> SignInAsync(Uri link)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        var form = FormToken().Match(await http.GetStringAsync(link, Cancel)).Groups["token"].Value;
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(link, "/sign-in"))
        {
            Content = new FormUrlEncodedContent([new("__RequestVerificationToken", form), new("link", link.Query["?token=".Length..])]),
            Headers = { { "Origin", link.GetLeftPart(UriPartial.Authority) } },
        };
        using var answer = await http.SendAsync(request, Cancel);
        return answer.StatusCode;
    }

    /// <summary>Holds the port, unless somebody else does already.</summary>
    private static TcpListener Take(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
        }
        catch (SocketException)
        {
            // Taken is taken.
        }

        return listener;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FormToken();
}
