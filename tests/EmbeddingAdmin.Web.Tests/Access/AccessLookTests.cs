using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Access;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class AccessLookTests
{
    [Theory]
    [InlineData("connection-sql", AccessQuestion.Sticks, AccessAnswer.Yes, Tone.Good)]
    [InlineData("connection-sql", AccessQuestion.Sees, AccessAnswer.SilentlyNo, Tone.Bad)]
    [InlineData("serviceRole-api", AccessQuestion.Sticks, AccessAnswer.SilentlyNo, Tone.Bad)]
    [InlineData("serviceRole-sql", AccessQuestion.Changes, AccessAnswer.No, Tone.Bad)]
    [InlineData("owner-sql", AccessQuestion.Sticks, AccessAnswer.Yes, Tone.Neutral)]
    [InlineData("stranger-sql", AccessQuestion.Sticks, AccessAnswer.Yes, Tone.Bad)]
    [InlineData("stranger-sql", AccessQuestion.Sticks, AccessAnswer.No, Tone.Good)]
    [InlineData("anon-api", AccessQuestion.Sees, AccessAnswer.Yes, Tone.Neutral)]
    [InlineData("anon-api", AccessQuestion.Changes, AccessAnswer.Yes, Tone.Bad)]
    [InlineData("anon-api", AccessQuestion.Sticks, AccessAnswer.No, Tone.Good)]
    [InlineData("anon-sql", AccessQuestion.Sticks, AccessAnswer.SilentlyNo, Tone.Warning)]
    public void The_same_answer_is_good_news_of_one_identity_and_bad_news_of_another(string who, AccessQuestion question, AccessAnswer answer, Tone tone) =>
        Assert.Equal(tone, AccessLook.Of(AccessSample.Cell(Identity.Find(who)!, question, answer)).Tone);

    [Fact]
    public void Every_answer_has_its_word_of_everybody_and_what_was_not_measured_is_never_called_a_no()
    {
        (AccessAnswer Answer, string Word)[] words = [(AccessAnswer.Yes, "Yes"), (AccessAnswer.No, "No"), (AccessAnswer.SilentlyNo, "Silently no"), (AccessAnswer.NotMeasured, "Not measured")];
        foreach (var cell in from who in Identity.All from question in Enum.GetValues<AccessQuestion>() from word in words select (Look: AccessLook.Of(AccessSample.Cell(who, question, word.Answer)), word.Word))
        {
            Assert.Equal(cell.Word, cell.Look.Word);
            Assert.Equal(cell.Word == "Not measured", cell.Look is { Icon: "help", Tone: Tone.Neutral });
        }
    }

    [Fact]
    public void Where_the_question_is_not_beside_it_a_yes_says_what_it_is_a_yes_to()
    {
        Assert.Equal("Can write", AccessLook.OfWriting(AccessSample.Cell(Identity.Connection, AccessQuestion.Sticks, AccessAnswer.Yes)).Word);
        Assert.Equal("Silently no", AccessLook.OfWriting(AccessSample.Cell(Identity.AnonymousKey, AccessQuestion.Sticks, AccessAnswer.SilentlyNo)).Word);
    }

    [Fact]
    public void Everybody_has_a_name_of_their_own()
    {
        Assert.Equal(Identity.All.Count, Identity.All.Select(who => AccessWords.Who(who)).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(["Database role postgres", "Service key", "Anonymous key"], new[] { Identity.Connection, Identity.ServiceKey, Identity.AnonymousKey }.Select(who => AccessWords.Writer(who, "postgres")));
    }
}
