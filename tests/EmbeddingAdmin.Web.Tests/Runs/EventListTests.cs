using Bunit;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Web.Tests.Runs;

public sealed class EventListTests : BunitContext
{
    public EventListTests() => Services.AddSingleton(TimeProvider.System);

    [Fact]
    public void What_was_looked_at_before_the_run_stands_together_in_its_own_order_and_all_else_newest_first()
    {
        var list = Render<EventList>(p => p.Add(events => events.Events,
        [
            Of(5, "run.running", "A worker took it."), Of(4, "run.enqueued", "Ada asked for it."),
            Of(3, "preflight.disk", "It will be full.", "EA-DB-07"), Of(2, "preflight.connection", "On this machine."), Of(1, "preflight.keys", "No key."),
        ]));

        Assert.Equal(["A worker took it.", "Ada asked for it."], list.FindAll("section > .events > li > span").Select(span => span.TextContent.Trim()));
        Assert.Equal(["Keys", "Connection", "Disk"], list.FindAll(".preflight-step").Select(step => step.ChildNodes[^1].TextContent.Trim()));
        Assert.Equal("It will be full. EA-DB-07", list.Find(".preflight-note > span:last-child").TextContent.Trim());
        Assert.Contains("3 checks, 1 with a note", list.Find("summary").TextContent, StringComparison.Ordinal);
        Assert.True(list.Find("details").HasAttribute("open"));
    }

    [Fact]
    public void Where_there_is_nothing_to_know_it_is_folded_and_a_run_from_before_has_none()
    {
        var list = Render<EventList>(p => p.Add(events => events.Events, [Of(2, "run.enqueued", "Ada asked for it."), Of(1, "preflight.keys", "No key.")]));
        Assert.False(list.Find("details").HasAttribute("open"));

        list.Render(p => p.Add(events => events.Events, [Of(2, "run.enqueued", "Ada asked for it.")]));
        Assert.Empty(list.FindAll("details"));
    }

    [Fact]
    public void A_pause_that_a_run_asks_for_itself_is_told_once_with_its_code()
    {
        var list = Render<EventList>(p => p.Add(events => events.Events, [Of(2, "run.paused", "The disk is full.", "EA-DB-07"), Of(1, "run.pausing", "The disk is full.", "EA-DB-07")]));

        Assert.Equal("The disk is full. EA-DB-07", Assert.Single(list.FindAll(".events li > span")).TextContent.Trim());
    }

    [Fact]
    public void Every_step_has_a_name() => Assert.All(Enum.GetValues<PreflightStep>(), step => Assert.NotEmpty(PreflightWords.Of(new PreflightFinding(step, "").Kind)));

    private static Event Of(long id, string kind, string sentence, string? code = null) => new(id, Sample.Now, "Ada", 42, kind, sentence, code);
}
