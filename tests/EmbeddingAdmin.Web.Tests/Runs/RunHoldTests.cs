using AngleSharp.Dom;
using Bunit;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Coverage;
using EmbeddingAdmin.Web.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.Runs;

/// <summary>What a run waits or holds for is named with its until-when wherever the run is shown.</summary>
public sealed class RunHoldTests : BunitContext
{
    private const string Waiting = "Waiting 42 s for api.openai.com (EA-PRV-18). api.openai.com asks to slow down (429).";
    private const string Steady = "Waiting for api.openai.com (EA-PRV-18). api.openai.com asks to slow down (429).";
    private const string Long = "api.openai.com asks to slow down (429). What was written stays. It may be asked again from 2026-03-14 16:09:26 UTC on; resume the run then.";
    private const string KeyRefused = "api.openai.com refused the key (401). What was written stays. Set a valid key in Embeddings:ApiKey. The run holds; resume it when that is settled.";

    private readonly ManualClock _clock = new();

    public RunHoldTests() => Services.AddSingleton<TimeProvider>(_clock);

    [Fact]
    public void A_wait_is_named_with_when_it_goes_on()
    {
        var line = Hold(Waits(Sample.Now.AddSeconds(42)));
        Assert.Equal($"{Steady} Goes on at 15:10:08 , in 42 s", Words(line));
        Assert.Equal("polite", line.ParentElement!.GetAttribute("aria-live"));
        Assert.Contains("hold-waits", line.ClassList);
        Assert.Equal(", in 42 s", line.QuerySelector("[aria-hidden=true]:not(.rzi)")!.TextContent);
    }

    [Fact]
    public void Seconds_that_are_told_anew_each_second_change_nothing_that_is_read_to_anybody()
    {
        var head = Render<RunHead>(h => h.Add(x => x.Snapshot, Waits(Sample.Now.AddSeconds(42).AddMilliseconds(3), "Waiting 42 s for the second look at what was found gone.")));
        var before = Read();
        _clock.Advance(TimeSpan.FromSeconds(1));
        head.Render(h => h.Add(x => x.Snapshot, Waits(Sample.Now.AddSeconds(42).AddMilliseconds(-2), "Waiting 41 s for the second look at what was found gone.")));
        Assert.Equal("Waiting for the second look at what was found gone. Goes on at 15:10:08", before);
        Assert.Equal(before, Read());

        string Read() => string.Join(' ', head.Find("div[aria-live]").GetDescendants().OfType<IText>().Where(text => !Ancestors(text).Any(above => above.GetAttribute("aria-hidden") == "true"))
            .SelectMany(text => text.Data.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));

        static IEnumerable<IElement> Ancestors(INode node) => node.GetAncestors().OfType<IElement>();
    }

    [Fact]
    public void A_wait_whose_end_nobody_knows_is_named_without_one() => Assert.Equal(Waiting, Words(Hold(Waits(null))));

    [Fact]
    public void A_pause_for_a_person_is_named_with_its_code_and_what_to_do()
    {
        var line = Hold(Paused(ErrorCodes.KeyRefused, KeyRefused));
        Assert.Equal($"EA-PRV-01 · {KeyRefused}", Words(line));
        Assert.Contains("hold-holds", line.ClassList);
    }

    [Fact]
    public void A_pause_with_an_end_says_it_in_the_servers_own_time_and_that_Resume_is_there_before()
    {
        var line = Hold(Paused(ErrorCodes.RateLimited, Long));
        Assert.Equal($"EA-PRV-18 · {Long} May be asked again at 16:09:26 , in 1 h Resume works at any time: it asks at once.", Words(line));
        Assert.Contains(RunAction.Resume, RunActions.For(Paused(ErrorCodes.RateLimited, Long)));

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Contains("May be asked again now: resume the run.", Words(Hold(Paused(ErrorCodes.RateLimited, Long))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunStatus.Paused, null, "Ada asked to pause it.")]
    [InlineData(RunStatus.Errored, ErrorCodes.RunTooManyFailures, "More than half failed.")]
    [InlineData(RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable, "The connection was lost.")]
    public void What_is_neither_a_wait_nor_a_pause_for_a_person_stands_where_it_stood(RunStatus status, string? code, string reason)
    {
        var head = Render<RunHead>(h => h.Add(x => x.Snapshot, Sample.Snapshot(Sample.Run(status) with { ReasonCode = code, Reason = reason })));
        Assert.Empty(head.FindAll(".hold"));
        Assert.EndsWith(reason, Words(head.Find(".run-state")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_runs_says_until_when_and_under_which_code()
    {
        Assert.Equal("Waiting until 15:10:08 , in 42 s", Words(Cell(Waits(Sample.Now.AddSeconds(42)))));
        Assert.Equal("Paused EA-PRV-18 until 16:09:26 , in 1 h", Words(Cell(Paused(ErrorCodes.RateLimited, Long))));
        Assert.Equal("Paused EA-PRV-01", Words(Cell(Paused(ErrorCodes.KeyRefused, KeyRefused))));
        Assert.Equal("Running", Words(Cell(Sample.Snapshot(Sample.Run(RunStatus.Running)))));

        IElement Cell(RunSnapshot snapshot) => Render<RunRow>(row => row.Add(r => r.Snapshot, snapshot)).FindAll("[role=cell]")[1];
    }

    [Fact]
    public void The_tables_card_says_it_in_a_line()
    {
        Assert.EndsWith($"{Steady} Goes on at 15:10:08 , in 42 s", Card(Waits(Sample.Now.AddSeconds(42))), StringComparison.Ordinal);
        Assert.EndsWith("resume the run then. May be asked again at 16:09:26 , in 1 h", Card(Paused(ErrorCodes.RateLimited, Long)), StringComparison.Ordinal);

        string Card(RunSnapshot snapshot) => Words(Render<LastRun>(card => card.Add(c => c.Runs, [snapshot])).Find(".run-line"));
    }

    private IElement Hold(RunSnapshot snapshot)
    {
        var head = Render<RunHead>(h => h.Add(x => x.Snapshot, snapshot));
        // It is said once.
        Assert.DoesNotContain("api.openai.com", Words(head.Find(".run-state")), StringComparison.Ordinal);
        return head.Find(".hold");
    }

    private static RunSnapshot Waits(DateTimeOffset? until, string waiting = Waiting)
    {
        var running = Sample.Snapshot(Sample.Run(RunStatus.Running));
        return running with { Progress = running.Progress with { Waiting = waiting, WaitingUntil = until } };
    }

    private static RunSnapshot Paused(string code, string reason) => Sample.Snapshot(Sample.Run(RunStatus.Paused) with { ReasonCode = code, Reason = reason });

    private static string Words(IElement element) => string.Join(' ', element.GetDescendants().OfType<IText>()
        .Where(text => text.ParentElement?.ClassList.Contains("rzi") != true).SelectMany(text => text.Data.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
}
