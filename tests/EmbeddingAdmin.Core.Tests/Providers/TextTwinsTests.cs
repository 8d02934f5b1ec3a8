using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class TextTwinsTests
{
    private static readonly ReadOnlyMemory<float> One = new float[] { 1, 0 };
    private static readonly ReadOnlyMemory<float> Other = new float[] { 0, 1 };

    [Theory]
    [InlineData("The cat", "the cat")]
    [InlineData("The cat", " The  cat.\n")]
    [InlineData("café", "CAFE\u0301")]
    [InlineData("…", " … ")]
    public void Texts_that_many_models_cannot_tell_apart_are_no_twins(string one, string other) => Assert.Empty(TextTwins.Find([one, other], [One, One.ToArray()]));

    [Theory]
    [InlineData("The cat", "The hat")]
    [InlineData("…", "!")]
    [InlineData("漢字", "漢")]
    [InlineData("\ud83d", "a")]
    public void Texts_that_differ_are_twins_if_their_vectors_do_not(string one, string other)
    {
        Assert.Equal([(0, 1), (1, 0)], TextTwins.Find([one, other], [One, One.ToArray()]));
        Assert.Empty(TextTwins.Find([one, other], [One, Other]));
    }

    [Fact]
    public void Each_of_many_has_a_twin_and_equal_texts_among_them_have_not_each_other() =>
        Assert.Equal([(0, 2), (1, 2), (2, 0)], TextTwins.Find(["a", "A", "b", "c"], [One, One, One, Other]).Order());

    [Fact]
    public void A_zero_with_another_sign_is_another_bit() => Assert.Empty(TextTwins.Find(["a", "b"], [new float[] { 0f, 1 }, new float[] { -0f, 1 }]));
}
