using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Access;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class AccessLookTests
{
    [Theory]
    [InlineData(Writer.DatabaseRole, WriteAnswer.Yes, Tone.Good)]
    [InlineData(Writer.DatabaseRole, WriteAnswer.SilentlyNo, Tone.Bad)]
    [InlineData(Writer.ServiceKey, WriteAnswer.SilentlyNo, Tone.Bad)]
    [InlineData(Writer.AnonymousKey, WriteAnswer.Yes, Tone.Bad)]
    [InlineData(Writer.AnonymousKey, WriteAnswer.No, Tone.Good)]
    [InlineData(Writer.AnonymousKey, WriteAnswer.SilentlyNo, Tone.Warning)]
    public void The_same_answer_is_good_news_of_one_writer_and_bad_news_of_another(Writer writer, WriteAnswer answer, Tone tone) =>
        Assert.Equal(tone, AccessLook.Of(Probe(writer, answer)).Tone);

    [Fact]
    public void Every_answer_of_every_writer_has_a_word_and_what_was_not_measured_is_never_called_a_no()
    {
        foreach (var writer in Enum.GetValues<Writer>())
        {
            Assert.All(Enum.GetValues<WriteAnswer>(), answer => Assert.NotEmpty(AccessLook.Of(Probe(writer, answer)).Word));
            Assert.Equal(("Not measured", Tone.Neutral), (AccessLook.Of(Probe(writer, WriteAnswer.NotMeasured)).Word, AccessLook.Of(Probe(writer, WriteAnswer.NotMeasured)).Tone));
            Assert.NotEmpty(AccessLook.Who(Probe(writer, WriteAnswer.Yes)));
        }
    }

    private static WriteProbe Probe(Writer writer, WriteAnswer answer) => new(writer, "postgres", answer, "So it is.", "", Sample.Now);
}
