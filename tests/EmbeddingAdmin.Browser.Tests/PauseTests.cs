using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>
/// Why a run pauses by itself: because a person must act. Each reason is said with its code and what to do, and after the cure the run goes on
/// to an end that every vector in the table bears out.
/// </summary>
public sealed class PauseTests(Chrome chrome, Fleet fleet) : IClassFixture<Fleet>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What the provider does, the code, and what to do.</summary>
    private static readonly (string Deviation, string Code, string ToDo)[] Refusals =
    [
        ("quota", "EA-PRV-05", "Top the account up"),
        ("wrong-key-masked", "EA-PRV-01", "Set a valid key in Embeddings:ApiKey"),
        ("project", "EA-PRV-02", "Allow the key's project"),
        ("no-model", "EA-PRV-03", "Check Embeddings:Model"),
        ("rate-bare", "EA-PRV-18", "It may be asked again from"),
        ("other-model", "EA-PRV-26", "Find out what it was changed to"),
    ];

    /// <summary>A name for the picture, what befalls the database, what cures it, the code, and what is said.</summary>
    private static readonly (string Name, string Trouble, string Cure, string Code, string Happened, string ToDo)[] Troubles =
    [
        (
            "column-type", "alter table stories alter column embedding type extensions.vector", "alter table stories alter column embedding type extensions.vector(1536)",
            "EA-RUN-08", "embedding", "Put it back and resume, or cancel this run and start a new one."
        ),
        (
            "read-only", "alter database current set default_transaction_read_only = on", "alter database current reset default_transaction_read_only",
            "EA-DB-06", "The database is read-only.", "lift the restriction, then resume"
        ),
        (
            "disk-full",
            """
            create function full_disk() returns trigger language plpgsql as $$ begin raise sqlstate '53100' using message = 'could not extend file: No space left on device'; end $$;
            create trigger full_disk before update of embedding on stories for each row execute function full_disk()
            """,
            "drop trigger full_disk on stories; drop function full_disk()",
            "EA-DB-07", "The database's disk is full.", "Make room, or enlarge the disk, then resume"
        ),
    ];

    [Fact]
    public async Task A_provider_that_refuses_the_settings_pauses_the_run_and_resume_goes_on()
    {
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        fleet.Provider.Script.Next(new ScriptedAnswer());
        fleet.Provider.Script.Next(Answer(Refusals[0].Deviation));
        await desk.StartAsync();
        for (var n = 0; n < Refusals.Length; n++)
        {
            var (deviation, code, toDo) = Refusals[n];
            await desk.ShowsAsync(RunStatus.Paused, code, "What was written stays.", toDo);
            await Expect(desk.Run.Head.Locator(".hold-holds")).ToBeVisibleAsync();
            // Only one of them ends by itself; Resume is there before.
            if (code == "EA-PRV-18")
                await IsSaidEverywhereAsync(desk, "long-wait", "May be asked again at");
            else
                await Expect(desk.Run.Until).ToHaveCountAsync(0);
            await desk.Look.KeepAsync($"paused-{deviation}");
            if (n + 1 < Refusals.Length)
                fleet.Provider.Script.Next(new(), Answer(Refusals[n + 1].Deviation));
            await desk.AskAsync(RunAction.Resume);
        }

        await desk.EndsVerifiedAsync();
        desk.IsFaultless();

        // An hour is longer than a request is held.
        static ScriptedAnswer Answer(string deviation) => Deviation.Named(deviation).Answer is var answer && deviation == "rate-bare" ? answer.With("Retry-After", "3600") : answer;
    }

    [Fact]
    public async Task Trouble_of_the_database_in_the_middle_of_a_run_pauses_it_and_resume_goes_on_after_the_cure()
    {
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await Task.WhenAll(desk.StartAsync(), fleet.HoldAfterAsync(answers: 3));
        foreach (var (name, trouble, cure, code, happened, toDo) in Troubles)
        {
            await BefallAsync(trouble);
            try
            {
                fleet.Provider.Script.Hang = false;
                await desk.ShowsAsync(RunStatus.Paused, code, happened, "Nothing more was written; what was written before stays.", toDo);
                await desk.Look.KeepAsync($"paused-{name}");
            }
            finally
            {
                await BefallAsync(cure);
            }

            fleet.Provider.Script.Hang = true;
            await desk.AskAsync(RunAction.Resume);
            await desk.ShowsAsync(RunStatus.Running);
        }

        fleet.Provider.Script.Hang = false;
        await desk.EndsVerifiedAsync();
        desk.IsFaultless();
    }

    [Fact]
    public async Task A_worker_with_other_settings_does_not_go_on_with_the_run()
    {
        (string Name, string Setting, string Value, string Sentence)[] others =
        [
            ("other-model", "Embeddings__Model", "text-embedding-3-large", "The run was planned for the model text-embedding-3-small, and the settings name text-embedding-3-large now."),
            ("other-recipe", "Tables__0__Text", "{title}", "The run was planned for version 1 of the text recipe of stories"),
        ];
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await Task.WhenAll(desk.StartAsync(), fleet.HoldAfterAsync(answers: 3));
        await desk.AskAsync(RunAction.Pause);
        await fleet.LetGoAsync(desk.Run.Id);
        await desk.ShowsAsync(RunStatus.Paused);
        fleet.Provider.Script.Clear();
        foreach (var (name, setting, value, sentence) in others)
        {
            await fleet.StopWorkersAsync();
            await fleet.StartWorkerAsync((setting, value));
            await desk.AskAsync(RunAction.Resume);
            await desk.ShowsAsync(RunStatus.Paused, "EA-RUN-08", sentence, "Put it back and resume, or cancel this run and start a new one.");
            await desk.Look.KeepAsync($"paused-{name}");
        }

        await fleet.StopWorkersAsync();
        await fleet.StartWorkerAsync();
        await desk.AskAsync(RunAction.Resume);
        await desk.EndsVerifiedAsync();
        desk.IsFaultless();
    }

    [Fact]
    public async Task Another_database_than_the_one_that_the_run_worked_on_is_confirmed_by_a_person()
    {
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await Task.WhenAll(desk.StartAsync(), fleet.HoldAfterAsync(answers: 3));
        await desk.AskAsync(RunAction.Pause);
        await fleet.LetGoAsync(desk.Run.Id);
        await desk.ShowsAsync(RunStatus.Paused, "Ada asked to pause it.");
        fleet.Provider.Script.Clear();
        await fleet.Database.ExecuteAsync($"update embedding_admin.run set server = '1' || substr(server, strpos(server, '/')) where id = {desk.Run.Id}", Cancel);

        await desk.AskAsync(RunAction.Resume);
        await desk.ShowsAsync(RunStatus.Paused, "EA-RUN-11", "another server");
        await desk.Look.KeepAsync("paused-other-server");
        await desk.Look.KeepAsync("paused-other-server", scheme: ColorScheme.Dark);
        await desk.Look.KeepAsync("paused-other-server", width: 360);
        await desk.Look.JudgeAsync("other server");

        await desk.AskAsync(RunAction.Resume);
        await desk.EndsVerifiedAsync();
        desk.IsFaultless();
    }

    [Fact]
    public async Task A_password_that_is_changed_in_the_middle_of_a_run_is_said_everywhere_and_tried_again_when_somebody_says_so()
    {
        await fleet.ReadyAsync();
        await using var desk = await Desk.SitAsync(chrome, fleet);
        await Task.WhenAll(desk.StartAsync(), fleet.HoldAfterAsync(answers: 3));
        await desk.ShowsAsync(RunStatus.Running);
        var tryAgain = desk.Page.GetByRole(AriaRole.Button, new() { Name = "Try again" });
        await fleet.Database.ExecuteAsync($"alter role {fleet.Role} password 'planted-other-5512c9'", Cancel);
        try
        {
            await fleet.CutAsync();
            fleet.Provider.Script.Hang = false;
            await Expect(desk.Page.Locator(".error-card")).ToContainTextAsync("EA-DB-03");
            await Expect(tryAgain).ToBeVisibleAsync();
            await desk.Look.KeepAsync("paused-credentials");
        }
        finally
        {
            await fleet.Database.ExecuteAsync($"alter role {fleet.Role} password '{Fleet.Password}'", Cancel);
        }

        await tryAgain.ClickAsync();
        await Expect(desk.Page.Locator("h1")).ToContainTextAsync($"Backfill of {Fleet.Table}");
        // A worker has nobody who says so: it is started again.
        Assert.Equal([0], await fleet.StopWorkersAsync());
        await fleet.StartWorkerAsync();
        await desk.EndsVerifiedAsync();
    }

    private static async Task IsSaidEverywhereAsync(Desk desk, string name, string words)
    {
        await desk.NamesUntilWhenAsync(words);
        await desk.Look.JudgeAsync(name);
        await desk.Look.KeepAsync($"paused-{name}", width: 360, scheme: ColorScheme.Dark);
        var run = desk.Run.Id;
        await desk.Visitor.GoAsync("Runs");
        await Expect(desk.Page.Locator(".hold-brief").First).ToContainTextAsync("EA-PRV-18 until ");
        await desk.Look.KeepAsync($"runs-{name}");
        await desk.Visitor.GoAsync("Overview");
        await Expect(new TableCard(desk.Page, Fleet.Table).LastRun).ToContainTextAsync($"resume the run then. {words}");
        await desk.Look.KeepAsync($"overview-{name}");
        await desk.LookAtAsync(run);
        await desk.ShowsAsync(RunStatus.Paused, words);
    }

    private async Task BefallAsync(string sql)
    {
        var ofDatabase = sql.StartsWith("alter database", StringComparison.Ordinal);
        await fleet.Database.ExecuteAsync(sql.Replace("database current", $"database {fleet.Database.Name}", StringComparison.Ordinal), Cancel);
        // A setting of the database holds for new connections.
        if (ofDatabase)
            await fleet.CutAsync();
    }
}
