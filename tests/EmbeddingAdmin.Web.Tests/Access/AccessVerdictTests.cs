using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Access;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class AccessVerdictTests
{
    private static readonly (string, AccessAnswer) Closed = ("anon-api", AccessAnswer.SilentlyNo);

    [Fact]
    public void A_sound_project_is_said_to_be_one() =>
        Is("This dashboard can write both tables; the anonymous key silently cannot, which is right.", Tone.Good, AccessSample.Sound("stories"), AccessSample.Sound("profiles"));

    [Fact]
    public void One_table_is_named_and_many_are_counted()
    {
        Is("This dashboard can write stories; the anonymous key silently cannot, which is right.", Tone.Good, AccessSample.Sound("stories"));
        Is("This dashboard can write all 30 tables; the anonymous key silently cannot, which is right.", Tone.Good, [.. Enumerable.Range(1, 30).Select(n => AccessSample.Sound($"t{n}"))]);
    }

    [Fact]
    public void What_this_dashboard_cannot_write_is_named()
    {
        var barred = AccessSample.Matrix("profiles", ("connection-sql", AccessAnswer.No), Closed);
        Is("This dashboard can write stories, but not profiles; the anonymous key silently cannot, which is right.", Tone.Bad, AccessSample.Sound("stories"), barred);
        Is("This dashboard cannot write profiles; the anonymous key silently cannot, which is right.", Tone.Bad, barred);
        Is("This dashboard can write neither table; the anonymous key silently cannot, which is right.", Tone.Bad, barred with { Table = "stories" }, barred);
    }

    [Fact]
    public void A_key_that_can_what_it_should_not_or_cannot_what_it_should_is_wrong()
    {
        Is("This dashboard can write both tables; everybody on the internet can change the vectors of profiles, which is wrong.", Tone.Bad, AccessSample.Sound("stories"), AccessSample.Matrix("profiles"));
        Is("This dashboard can write stories; the service key cannot write stories, which is wrong; the anonymous key cannot, which is right.", Tone.Bad,
            AccessSample.Matrix("stories", ("serviceRole-api", AccessAnswer.SilentlyNo), ("anon-api", AccessAnswer.No)));
    }

    [Fact]
    public void Where_no_request_was_sent_the_role_of_the_key_answers()
    {
        Is("This dashboard can write stories; the anonymous key cannot, which is right.", Tone.Good, AccessSample.Matrix("stories", ("anon-api", AccessAnswer.NotMeasured), ("anon-sql", AccessAnswer.No)));
        Is("This dashboard can write stories; what the anonymous key can do is not measured.", Tone.Good, AccessSample.Matrix("stories", ("anon-api", AccessAnswer.NotMeasured), ("anon-sql", AccessAnswer.NotMeasured)));
    }

    [Fact]
    public void What_is_not_measured_is_never_counted_as_an_answer()
    {
        Assert.Equal("This dashboard can write stories; the anonymous key silently cannot, which is right. Not measured: profiles.", AccessVerdict.Of([("stories", AccessSample.Sound("stories")), ("profiles", null)]).Sentence);
        Assert.Equal(new("Whether this dashboard can write both tables is not known.", Tone.Neutral), AccessVerdict.Of([("stories", null), ("profiles", AccessSample.Matrix("profiles", ("connection-sql", AccessAnswer.NotMeasured)))]));
    }

    private static void Is(string sentence, Tone tone, params AccessMatrix[] matrices) =>
        Assert.Equal(new(sentence, tone), AccessVerdict.Of([.. matrices.Select(matrix => (matrix.Table, (AccessMatrix?)matrix))]));
}
