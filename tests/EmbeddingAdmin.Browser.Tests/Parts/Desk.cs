using System.Text.RegularExpressions;
using EmbeddingAdmin.Runs;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>An operator with two tabs: a run's page, and the list of all runs beside it.</summary>
internal sealed class Desk : IAsyncDisposable
{
    private readonly Fleet _fleet;
    private readonly IPage _list;

    private Desk(Fleet fleet, Visitor visitor, IPage list) => (_fleet, Visitor, _list) = (fleet, visitor, list);

    public Visitor Visitor { get; }

    public IPage Page => Visitor.Page;

    public RunPage Run => new(Page);

    public Look Look => field ??= new(Page);

    /// <summary>Signs in under this name.</summary>
    public static async Task<Desk> SitAsync(Chrome chrome, Fleet fleet, string name = "Ada")
    {
        var visitor = await Visitor.SignInAsync(chrome, fleet, name);
        return new(fleet, visitor, await visitor.BesideAsync(new(fleet.Address, "/runs")));
    }

    /// <summary>Starts a backfill of all that is missing, and is taken to its page.</summary>
    /// <param name="agreed">What the updates set off, as it is said before the start and ticked; null when they set off nothing.</param>
    public async Task StartAsync(string? agreed = null)
    {
        await new TableCard(Page, Fleet.Table).Ask("Start backfill").ClickAsync();
        var panel = new StartPanel(Page);
        if (agreed is not null)
        {
            await Expect(panel.Neighbours).ToContainTextAsync(agreed);
            await Expect(panel.Seen).ToBeInViewportAsync();
            await Expect(panel.Ask("Start")).ToBeDisabledAsync();
            await Look.KeepAsync("start-neighbours", dialog: true);
            await panel.Seen.CheckAsync();
        }

        await panel.Ask("Start").ClickAsync();
        await Expect(Page.Locator("h1")).ToContainTextAsync($"Backfill of {Fleet.Table}");
    }

    /// <summary>Goes to the page of a run that somebody else started.</summary>
    public Task LookAtAsync(long run) => Page.GotoAsync(new Uri(_fleet.Address, $"/runs/{run}").ToString());

    /// <summary>Clicks what asks for this, and confirms a cancellation.</summary>
    public async Task AskAsync(RunAction action)
    {
        await Run.Ask(action.ToString()).ClickAsync();
        if (action == RunAction.Cancel)
            await Page.GetByRole(AriaRole.Button, new() { Name = "Cancel the run" }).ClickAsync();
    }

    /// <summary>Waits until the run's page and the list say that the run stands so; the page also why, and what may be asked.</summary>
    /// <param name="status">The status.</param>
    /// <param name="words">Parts of what the page says of it: code, sentence, what to do.</param>
    public Task ShowsAsync(RunStatus status, params string[] words) => ShowsAsync(status, status.ToString(), RunActions.For(status), words);

    /// <summary>The same of a run that works and waits for something.</summary>
    public Task WaitsAsync(params string[] words) => ShowsAsync(RunStatus.Running, "Waiting", RunActions.For(RunStatus.Running), words);

    /// <summary>Waits until page and list name a time, and its seconds are seen to run down by themselves.</summary>
    /// <param name="words">What stands before the time on the run's page.</param>
    public async Task NamesUntilWhenAsync(string words)
    {
        await Expect(Run.Until).ToHaveTextAsync(new Regex($@"^\s*{words} (?:\d{{4}}-\d\d-\d\d )?\d\d:\d\d:\d\d, in \d+ (?:s|min(?: \d+ s)?)\s*$", RegexOptions.None, TimeSpan.FromSeconds(1)));
        // One wait may follow the other meanwhile.
        await _fleet.UntilAsync(
            async () => (await Row.Locator(".hold-brief time").InnerTextAsync()).Trim() == $"until {(await Run.Until.Locator("time").InnerTextAsync()).Trim()[(words.Length + 1)..]}",
            "The list does not name the time that the page names.");
        var left = Run.Until.Locator("[aria-hidden=true]");
        await Expect(left).Not.ToHaveTextAsync(await left.InnerTextAsync());
    }

    /// <summary>The same where more than the status decides what may be asked.</summary>
    public async Task ShowsAsync(RunStatus status, string badge, IReadOnlyList<RunAction> actions, params string[] words)
    {
        try
        {
            await Run.IsAsync(badge);
            foreach (var part in words)
                await Expect(Run.Head).ToContainTextAsync(part);
            await Expect(Run.Buttons).ToHaveTextAsync([.. actions.Select(action => action.ToString())]);
            await Expect(Row.Locator(".status-badge").First).ToContainTextAsync(badge);
        }
        catch (PlaywrightException otherwise)
        {
            throw new InvalidOperationException($"The run is not shown as {status}: {await Page.Locator("main").InnerTextAsync()}\n{_fleet.Said}", otherwise);
        }
    }

    /// <summary>Waits until the run has ended well, and looks whether it is true.</summary>
    public async Task EndsVerifiedAsync()
    {
        await ShowsAsync(RunStatus.Succeeded, "Verified");
        await _fleet.EveryTextHasItsVectorAsync();
    }

    /// <summary>Nothing went wrong in the browser.</summary>
    public void IsFaultless() => Faultless.Assert(Visitor.Faults.Concat(Look.Faults));

    public ValueTask DisposeAsync() => Visitor.DisposeAsync();

    private ILocator Row => _list.Locator(".run-row").Filter(new() { Has = _list.GetByRole(AriaRole.Link, new() { Name = $"Run {Run.Id}", Exact = true }) });
}
