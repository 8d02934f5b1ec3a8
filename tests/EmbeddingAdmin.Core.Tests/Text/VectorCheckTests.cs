using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Core.Tests.Text;

public sealed class VectorCheckTests
{
    [Fact]
    public void A_good_vector_is_not_refused()
        => Assert.Null(VectorCheck.Refusal(Testing.Oracle.Vector("a", 1537), 1537));

    [Fact]
    public void Wrong_dimensions_are_named_with_both_numbers()
    {
        var fault = VectorCheck.Refusal(new float[768], 1536);

        Assert.Equal(new VectorFault("EA-PRV-10", "The vector has 768 dimensions; the column takes 1536."), fault);
    }

    // Before, inside and after what is added up several at a time.
    [Theory]
    [InlineData(float.NaN, 0, "NaN at position 1 of 1537")]
    [InlineData(float.NaN, 700, "NaN at position 701 of 1537")]
    [InlineData(float.PositiveInfinity, 1535, "Infinity at position 1536 of 1537")]
    [InlineData(float.NegativeInfinity, 1536, "-Infinity at position 1537 of 1537")]
    public void What_is_not_finite_is_named_with_its_position(float value, int at, string words)
    {
        var vector = Testing.Oracle.Vector("a", 1537);
        vector[at] = value;

        Assert.Equal(new VectorFault("EA-PRV-11", $"The vector holds {words}."), VectorCheck.Refusal(vector, 1537));
    }

    [Fact]
    public void A_zero_vector_has_no_direction()
    {
        Assert.Equal("EA-PRV-12", VectorCheck.Refusal(new float[19], 19)?.Code);
        Assert.Equal("EA-PRV-12", VectorCheck.Refusal(Enumerable.Repeat(float.NegativeZero, 19).ToArray(), 19)?.Code);
    }

    [Theory]
    [InlineData(float.Epsilon)]
    [InlineData(float.MaxValue)]
    public void The_smallest_and_the_largest_numbers_are_neither_zero_nor_infinite(float value)
    {
        var vector = new float[19];
        vector[18] = value;
        vector[3] = value;

        Assert.Null(VectorCheck.Refusal(vector, 19));
    }

    [Theory]
    [InlineData(0.991f, true)]
    [InlineData(1.009f, true)]
    [InlineData(0.98f, false)]
    [InlineData(1.02f, false)]
    public void Unit_length_is_one_within_a_hundredth(float length, bool isUnit)
    {
        var fault = VectorCheck.NotUnit([0, length, 0]);

        Assert.Equal(isUnit ? null : "EA-PRV-13", fault?.Code);
    }
}
