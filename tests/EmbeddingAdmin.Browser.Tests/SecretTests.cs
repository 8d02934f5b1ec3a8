using System.Globalization;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

public sealed class SecretTests(Chrome chrome, Demo demo) : IClassFixture<Demo>
{
    [Fact]
    public async Task No_secret_reaches_a_page_a_frame_or_the_log_whatever_goes_wrong()
    {
        await using var visitor = await Visitor.SignInAsync(chrome, demo);
        var card = new TableCard(visitor.Page, "profiles");
        await Expect(card.Writer("Service key")).ToContainTextAsync("Can write");
        await card.Ask("Show me the original bug").ClickAsync();
        await Expect(card.OriginalBug).ToContainTextAsync("HTTP 204");

        // Some providers quote the key that they refuse.
        demo.Provider.Script.FailEvery = 1;
        demo.Provider.Script.Failure = new ScriptedAnswer(401, $$$"""{"error":{"message":"Incorrect API key provided: {{{Demo.ProviderKey}}}.","type":"invalid_request_error","code":"invalid_api_key"}}""");
        await card.Ask("Start backfill").ClickAsync();
        await new StartPanel(visitor.Page).Ask("Start").ClickAsync();
        var run = new RunPage(visitor.Page);
        await run.IsAsync("Paused");
        await Expect(visitor.Page.Locator(".run-head")).ToContainTextAsync("EA-PRV-");

        demo.Provider.Script.Probe = demo.Provider.Script.Failure;
        await visitor.GoAsync("Providers");
        await visitor.Page.GetByRole(AriaRole.Button, new() { Name = "Probe", Exact = true }).ClickAsync();
        await Expect(visitor.Page.Locator(".probe-result")).ToContainTextAsync("EA-PRV-01");

        await visitor.GoAsync("Overview");
        var verify = await card.Ask("Verify").ElementHandleAsync();
        await KillDatabaseAsync();
        // The page may have heard of it, and the button be gone.
        await verify.EvaluateAsync("button => button.click()");
        await Expect(visitor.Page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("The database");
        foreach (var path in new[] { "/", "/runs", "/runs/1", "/runs/999", "/sign-in?token=wrong", "/no-such-page", "/_blazor/nothing" })
            await visitor.Page.GotoAsync(new Uri(new Uri(visitor.Page.Url), path).ToString());

        var received = await visitor.ReceivedAsync();
        Assert.Contains(received, text => text.From.StartsWith("ws:", StringComparison.Ordinal) && text.Text.Contains("Silently no", StringComparison.Ordinal));
        Assert.Contains("is Paused", demo.Log, StringComparison.Ordinal);
        Assert.Contains("exception", demo.Log, StringComparison.OrdinalIgnoreCase);
        Faultless.Assert(Leaks.Of(demo, received));
    }

    private async Task KillDatabaseAsync()
    {
        var file = await File.ReadAllLinesAsync(Path.Combine(demo.Folder, "pg/postmaster.pid"), TestContext.Current.CancellationToken);
        using var postgres = System.Diagnostics.Process.GetProcessById(int.Parse(file[0], CultureInfo.InvariantCulture));
        postgres.Kill();
        await postgres.WaitForExitAsync(TestContext.Current.CancellationToken);
    }
}
