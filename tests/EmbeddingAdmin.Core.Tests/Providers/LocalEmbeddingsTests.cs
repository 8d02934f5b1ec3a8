using System.Runtime.InteropServices;
using System.Security.Cryptography;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing.Texts;
using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class LocalEmbeddingsTests
{
    private const string Sentence = "The lighthouse keeper's daughter reads the weather — 天気を読む — and reads it well. 🌊🌊";

    [Theory]
    [InlineData(1536, "D6BD0FE1623B7E13")]
    [InlineData(7, "8DCF5FFC953AB83B")]
    public async Task A_vector_is_the_same_on_every_machine_and_in_every_process(int dimensions, string sha256)
    {
        var vector = await EmbedAsync(Sentence, dimensions);

        Assert.Equal(sha256, Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<float>(vector)))[..16]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(1536)]
    [InlineData(3072)]
    [InlineData(16000)]
    public async Task Any_number_of_dimensions_gives_a_unit_vector(int dimensions)
    {
        foreach (var text in (string[])[Sentence, "a", "!", "a b", "ab ab ab", "🎉", "...", "\u200B", "\uFFFF", "\0", new string('x', 20_000)])
        {
            var vector = await EmbedAsync(text, dimensions);

            Assert.Null(VectorCheck.Refusal(vector, dimensions));
            Assert.Equal(1, VectorCheck.Norm(vector), 5);
        }
    }

    [Fact]
    public async Task Features_that_cancel_out_still_leave_a_direction()
    {
        // In one dimension every feature falls on the same coordinate, so that many texts sum up to nothing.
        foreach (var number in Enumerable.Range(0, 2000))
            Assert.Equal(1, VectorCheck.Norm(await EmbedAsync($"{(char)('a' + (number % 26))} {number}", 1)), 5);
    }

    [Fact]
    public async Task Case_does_not_matter_and_words_do()
    {
        var lower = await EmbedAsync("éclair and straße", 256);

        Assert.Equal(lower, await EmbedAsync("ÉCLAIR and straße", 256));
        Assert.True(Cosine(lower, await EmbedAsync("an éclair in the straße", 256)) > 0.3);
        Assert.True(Math.Abs(Cosine(lower, await EmbedAsync("quantum flux 42", 256))) < 0.2);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t\n\u3000")]
    public async Task A_blank_text_is_refused(string blank)
    {
        var fault = await Assert.ThrowsAsync<ProviderFault>(() => EmbedAsync(blank, 8));

        Assert.Equal((ProviderFaultKind.BadText, ErrorCodes.TextRefused), (fault.Kind, fault.Code));
    }

    [Fact]
    public async Task Neighbours_share_their_label_at_least_twice_as_often_as_by_chance()
    {
        const int Dimensions = 512;
        var texts = NaturalTexts.All().ToList();
        Assert.True(texts.Count > 5000, $"{texts.Count} texts");
        // Every so many of all, so that all namespaces take part.
        var sample = texts.Where((_, place) => place % (texts.Count / 1500) == 0).ToArray();
        using var local = new LocalEmbeddings(Dimensions);
        var vectors = (await local.GenerateAsync(
            sample.Select(text => $"{text.Title}\n{text.Content}"), cancellationToken: TestContext.Current.CancellationToken))
            .Select(embedding => embedding.Vector.ToArray()).ToArray();

        var same = Enumerable.Range(0, sample.Length).Count(i => string.Equals(sample[Nearest(vectors, i)].Label, sample[i].Label, StringComparison.Ordinal)) / (double)sample.Length;

        var chance = sample.CountBy(text => text.Label, StringComparer.Ordinal).Sum(label =>
            label.Value / (double)sample.Length * (label.Value - 1) / (sample.Length - 1));
        TestContext.Current.TestOutputHelper?.WriteLine($"{sample.Length} texts: same label {same:P1}, by chance {chance:P1}");
        Assert.True(same >= 2 * chance, $"same label {same:P1}, by chance {chance:P1}");
    }

    private static int Nearest(float[][] vectors, int of)
        => Enumerable.Range(0, vectors.Length).Where(i => i != of).MaxBy(i => Cosine(vectors[of], vectors[i]));

    private static float Cosine(float[] a, float[] b)
    {
        var sum = System.Numerics.Vector<float>.Zero;
        for (var i = 0; i < a.Length; i += System.Numerics.Vector<float>.Count)
            sum += new System.Numerics.Vector<float>(a, i) * new System.Numerics.Vector<float>(b, i);
        return System.Numerics.Vector.Sum(sum);
    }

    private static async Task<float[]> EmbedAsync(string text, int dimensions)
    {
        using var local = new LocalEmbeddings(dimensions);
        return (await local.GenerateAsync([text], cancellationToken: TestContext.Current.CancellationToken))[0].Vector.ToArray();
    }
}
