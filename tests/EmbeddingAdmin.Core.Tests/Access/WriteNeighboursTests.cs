using EmbeddingAdmin.Access;
using EmbeddingAdmin.Core.Tests.Tables;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Core.Tests.Access;

public sealed class WriteNeighboursTests
{
    private static readonly WriteFacts Nothing = new()
    {
        Oid = 1, Kind = 'r', Owner = "postgres", RowSecurity = false, Forced = false, PartitionOf = null, Generated = false, HasVector = true,
        Policies = [], Triggers = [], Rules = [], Publications = [], VectorIndexes = [],
    };

    private static readonly WriteFacts All = Nothing with
    {
        Triggers =
        [
            new("audit", TriggerTiming.After, true, "public.audit", "create trigger audit …", TriggerPurpose.Unknown),
            new("clear", TriggerTiming.Before, true, "util.clear_column", "create trigger clear …", TriggerPurpose.AutomaticEmbedding),
            new("counted", TriggerTiming.After, false, "public.count", "create trigger counted …", TriggerPurpose.Unknown),
            new("hook", TriggerTiming.After, true, "supabase_functions.http_request", "create trigger hook …", TriggerPurpose.Webhook),
            new("late", TriggerTiming.Deferred, true, "public.late", "create constraint trigger late … WHEN (new.id > 1) …", TriggerPurpose.Unknown),
            new("touched", TriggerTiming.Before, true, "extensions.moddatetime", "create trigger touched …", TriggerPurpose.Timestamp),
        ],
        Rules = [new("logged", false, "create rule logged …")],
        Publications = ["supabase_realtime"],
        VectorIndexes = [new("stories_hnsw", "hnsw", 12 * 1024 * 1024, "CREATE INDEX stories_hnsw …")],
    };

    [Fact]
    public void A_table_whose_updates_set_off_nothing_needs_nobodys_consent()
    {
        var none = WriteNeighbours.Of(Nothing, Stories.Target, new(4960, 500));

        Assert.Empty(none.All);
        Assert.Null(none.Fingerprint);
        none.RefuseUnless(null, Stories.Target);
        none.RefuseUnless("whatever", Stories.Target);
    }

    [Fact]
    public void Each_kind_says_what_it_does_and_how_often()
    {
        var all = WriteNeighbours.Of(All, Stories.Target, new(4960, 500)).All;

        Assert.Equal(
            [
                (NeighbourKind.Trigger, "audit", 4960L), (NeighbourKind.Trigger, "counted", 10L), (NeighbourKind.Trigger, "late", 4960L), (NeighbourKind.Timestamp, "touched", 4960L),
                (NeighbourKind.Webhook, "hook", 4960L), (NeighbourKind.AutomaticEmbedding, "clear", 4960L), (NeighbourKind.Rule, "logged", 10L),
                (NeighbourKind.Publication, "supabase_realtime", 4960L), (NeighbourKind.Index, "stories_hnsw", 4960L),
            ],
            all.Select(each => (each.Kind, each.Name, each.Fires!.Value)));
        foreach (var (name, words) in (ReadOnlySpan<(string, string)>)[
            ("audit", "The trigger audit will fire 4,960 times, after each row: it calls public.audit."),
            ("counted", "will fire about 10 times, after each update of up to 500 rows"),
            ("late", "will fire up to 4,960 times, at the commit, for each row"),
            ("touched", "it writes the time of the change"),
            ("hook", "The webhook hook will fire 4,960 times: an HTTP request for each row."),
            ("clear", "competes with the run for the column"),
            ("logged", "The rule logged will fire about 10 times: it adds to every update"),
            ("supabase_realtime", "will fire 4,960 times: every update is broadcast to whoever listens, and the vector alone is 6 KB, 29 MB in all."),
            ("stories_hnsw", "The index stories_hnsw (hnsw, 12 MB) will be kept up 4,960 times")])
        {
            Assert.Contains(words, all.Single(each => each.Name == name).Sentence, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1L, false, "will fire once, after each row")]
    [InlineData(1L, true, "will fire at most once, after each row")]
    [InlineData(5000L, true, "will fire up to 5,000 times, after each row")]
    [InlineData(null, true, "will fire for each row, after each row")]
    public void What_is_not_known_exactly_is_not_said_exactly(long? rows, bool atMost, string words)
    {
        var only = WriteNeighbours.Of(Nothing with { Triggers = [All.Triggers[0]] }, Stories.Target, new(rows, 500, atMost)).All.Single();

        Assert.Equal(rows, only.Fires);
        Assert.Contains(words, only.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fingerprint_is_that_of_the_list_and_not_of_its_numbers()
    {
        string Of(WriteFacts facts, long rows = 10) => WriteNeighbours.Of(facts, Stories.Target, new(rows, 500)).Fingerprint!;
        var now = Of(All);

        Assert.Matches("^[0-9a-f]{12}$", now);
        Assert.Equal(now, Of(All, 4960));
        Assert.Equal(now, Of(All with { Triggers = [.. All.Triggers.Reverse()], VectorIndexes = [All.VectorIndexes[0] with { Bytes = 1 }] }));
        Assert.NotEqual(now, Of(All with { Triggers = [.. All.Triggers.Skip(1)] }));
        Assert.NotEqual(now, Of(All with { Triggers = [All.Triggers[0] with { Definition = "create trigger audit … WHEN …" }, .. All.Triggers.Skip(1)] }));
        Assert.NotEqual(now, Of(All with { Publications = [.. All.Publications, "another"] }));
    }

    [Fact]
    public void A_start_without_consent_or_with_that_to_another_list_is_refused_with_the_list()
    {
        var all = WriteNeighbours.Of(All, Stories.Target, new(4960, 500));
        all.RefuseUnless(all.Fingerprint, Stories.Target);

        var unseen = Assert.Throws<EmbeddingAdminException>(() => all.RefuseUnless(null, Stories.Target));
        var changed = Assert.Throws<EmbeddingAdminException>(() => all.RefuseUnless("0123456789ab", Stories.Target));

        Assert.Equal((ErrorCodes.NeighboursNotAccepted, ErrorCodes.NeighboursNotAccepted), (unseen.Code, changed.Code));
        Assert.StartsWith("An update of public.stories sets off more than itself, and nobody has agreed to that. No run was started and no text was sent.", unseen.Message, StringComparison.Ordinal);
        Assert.Contains("--accept-neighbours", unseen.Message, StringComparison.Ordinal);
        Assert.StartsWith("What an update of public.stories sets off has changed since it was shown. No run was started", changed.Message, StringComparison.Ordinal);
        Assert.All(all.All, each => Assert.Contains(each.Sentence, unseen.Message, StringComparison.Ordinal));
    }
}
