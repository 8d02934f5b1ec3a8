using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class EmbeddingModelsTests
{
    [Theory]
    [InlineData("text-embedding-3-small", 1536, true)]
    [InlineData("text-embedding-3-small", 512, true)]
    [InlineData("text-embedding-3-small", 1, true)]
    [InlineData("text-embedding-3-small", 1536, false)]
    [InlineData("text-embedding-3-large", 3072, true)]
    [InlineData("text-embedding-3-large", 256, true)]
    [InlineData("text-embedding-ada-002", 1536, false)]
    [InlineData("bge-m3", 7, false)]
    public void A_column_that_a_model_can_fill_or_of_which_nobody_knows_is_left_to_the_probe(string model, int dimensions, bool asks)
        => Assert.Null(EmbeddingModels.WhyUnfit(model, dimensions, asks));

    [Theory]
    [InlineData("text-embedding-3-small", 3072, true, "at most 1536 dimensions, and the column takes 3072", "Choose text-embedding-3-large, or give the column 1536 dimensions.")]
    [InlineData("text-embedding-3-small", 768, false, "unless it is asked for fewer", "Leave Embeddings:SendDimensions out, so that it is asked.")]
    [InlineData("text-embedding-3-large", 4096, true, "at most 3072 dimensions", "Choose a model that makes vectors of 4096 dimensions, or give the column 3072 dimensions.")]
    [InlineData("text-embedding-ada-002", 768, false, "1536 dimensions only, and the column takes 768", "Choose text-embedding-3-small or text-embedding-3-large, or give the column 1536 dimensions.")]
    [InlineData("text-embedding-ada-002", 3072, true, "1536 dimensions only", "Choose text-embedding-3-large, or give the column 1536 dimensions.")]
    public void A_column_that_a_model_cannot_fill_is_known_with_its_cure(string model, int dimensions, bool asks, string happened, string toDo)
    {
        var (why, cure) = Assert.NotNull(EmbeddingModels.WhyUnfit(model, dimensions, asks));

        Assert.Contains(happened, why, StringComparison.Ordinal);
        Assert.Equal(toDo, cure);
    }
}
