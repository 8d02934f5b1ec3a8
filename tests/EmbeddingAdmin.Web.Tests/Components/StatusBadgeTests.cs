using Bunit;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class StatusBadgeTests : BunitContext
{
    private static readonly string[] Statuses =
        ["enqueued", "running", "pausing", "paused", "cancelling", "cancelled", "interrupted", "errored", "succeeded"];

    [Fact]
    public void Every_status_has_a_word_of_its_own()
    {
        var words = Statuses.Select(status => StatusLook.OfRun(status).Word).ToList();
        Assert.Equal(Statuses.Length, words.Distinct(StringComparer.Ordinal).Count());
        Assert.All(words, word => Assert.False(string.IsNullOrWhiteSpace(word)));
    }

    [Fact]
    public void A_request_never_looks_like_the_fact()
    {
        Assert.NotEqual(StatusLook.OfRun("pausing").Icon, StatusLook.OfRun("paused").Icon);
        Assert.NotEqual(StatusLook.OfRun("cancelling").Icon, StatusLook.OfRun("cancelled").Icon);
    }

    [Fact]
    public void Only_success_looks_good() =>
        Assert.Equal(["succeeded"], Statuses.Where(status => StatusLook.OfRun(status).Tone == Tone.Good));

    [Fact]
    public void An_unknown_status_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => StatusLook.OfRun("done"));

    [Fact]
    public void The_badge_says_it_in_a_word_and_hides_the_icon_from_readers()
    {
        var badge = Render<StatusBadge>(p => p.Add(b => b.Look, StatusLook.OfRun("errored")));
        Assert.EndsWith("Errored", badge.Find("span").TextContent, StringComparison.Ordinal);
        Assert.Contains("tone-bad", badge.Find("span").ClassName, StringComparison.Ordinal);
        Assert.Equal("true", badge.Find(".rzi").GetAttribute("aria-hidden"));
    }
}
