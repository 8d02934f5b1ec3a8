using System.Text;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class BatchPackerTests
{
    [Fact]
    public void Every_text_is_in_exactly_one_batch_or_is_too_long()
    {
        var random = new Random(42);
        string[] texts = [.. Enumerable.Range(0, 5000).Select(_ => new string("aé漢"[random.Next(3)], random.Next(0, 400)))];
        var limits = new BatchLimits(MaxItems: 64, MaxBytes: 9000, MaxTextBytes: 1000);

        var packed = BatchPacker.Pack(texts, limits);

        int[] places = [.. packed.Batches.SelectMany(batch => batch.Places)];
        Assert.Equal(Enumerable.Range(0, texts.Length), places.Concat(packed.TooLong.Select(text => text.Place)).Order());
        Assert.All(packed.TooLong, text => Assert.True(Encoding.UTF8.GetByteCount(texts[text.Place]) == text.Bytes && text.Bytes > 1000));
        Assert.All(packed.Batches, batch =>
        {
            Assert.Equal(batch.Places.Order(), batch.Places);
            Assert.InRange(batch.Texts.Count, 1, 64);
            Assert.InRange(batch.Bytes, 0, 9000);
            Assert.Equal(batch.Texts.Sum(Encoding.UTF8.GetByteCount), batch.Bytes);
            Assert.Equal(batch.Places.Select(place => texts[place]).ToArray(), batch.Texts);
        });
    }

    [Fact]
    public void Long_and_short_texts_are_mixed_so_that_requests_fill_up()
    {
        // In their order they would take six requests: the long ones fill the bytes of theirs, the short ones the places.
        string[] texts = [.. Enumerable.Repeat(new string('l', 400), 6), .. Enumerable.Repeat("s", 12)];

        var packed = BatchPacker.Pack(texts, new BatchLimits(MaxItems: 6, MaxBytes: 1000));

        Assert.Equal([(6, 804), (6, 804), (6, 804)], packed.Batches.Select(batch => (batch.Texts.Count, batch.Bytes)));
    }

    [Fact]
    public void There_are_hardly_more_requests_than_the_limits_enforce()
    {
        var random = new Random(7);
        for (var n = 0; n < 200; n++)
        {
            string[] texts = [.. Enumerable.Range(0, random.Next(1, 600)).Select(_ => new string('a', (int)Math.Pow(10, random.NextDouble() * 3)))];
            var limits = new BatchLimits(MaxItems: random.Next(1, 64), MaxBytes: random.Next(1000, 9000));

            var packed = BatchPacker.Pack(texts, limits);

            var least = Math.Max((texts.Length + limits.MaxItems - 1) / limits.MaxItems, (texts.Sum(text => text.Length) + limits.MaxBytes - 1) / limits.MaxBytes);
            Assert.InRange(packed.Batches.Count, least, (least * 1.5) + 1);
            Assert.Equal(texts.Length, packed.Batches.Sum(batch => batch.Texts.Count));
            Assert.All(packed.Batches, batch => Assert.True(batch.Texts.Count <= limits.MaxItems && batch.Bytes <= limits.MaxBytes));
        }
    }

    [Fact]
    public void A_text_that_may_be_cut_is_alone_in_its_request()
    {
        var packed = BatchPacker.Pack(["a", new('b', 11), "c", new('d', 10), new('e', 12)], new BatchLimits(AloneAbove: 10));

        Assert.Equal(["0,2,3", "1", "4"], packed.Batches.Select(batch => string.Join(',', batch.Places)));
    }

    [Fact]
    public void No_text_makes_no_batch() => Assert.Empty(BatchPacker.Pack([], new BatchLimits()).Batches);

    [Fact]
    public void The_bound_of_a_text_is_exact_and_counted_in_bytes()
    {
        var limits = new BatchLimits(MaxTextBytes: BatchLimits.OpenAiTextTokens);
        // 2,730 signs of three bytes and one of one: 8,191.
        string[] texts = [new('a', 8191), new('a', 8192), new string('漢', 2730) + "a", new string('漢', 2730) + "é"];

        var packed = BatchPacker.Pack(texts, limits);

        Assert.Equal([0, 2], packed.Batches.Single().Places);
        Assert.Equal([new TooLongText(1, 8192), new TooLongText(3, 8192)], packed.TooLong);
    }

    [Fact]
    public void A_text_above_the_certain_bound_is_tried_up_to_the_setting()
    {
        var packed = BatchPacker.Pack([new('a', 8192), new('a', 4 * 8191), new('a', (4 * 8191) + 1)], new BatchLimits());

        Assert.Equal([0, 1], packed.Batches.Single().Places);
        Assert.Equal(2, packed.TooLong.Single().Place);
    }

    [Theory]
    [InlineData("👩‍👩‍👧‍👦", 25)]
    [InlineData("שלום", 8)]
    [InlineData("e\u0301", 3)]
    [InlineData("\uFFFF", 3)]
    public void Bytes_are_counted_right_and_the_text_is_not_changed(string text, int bytes)
    {
        var batch = BatchPacker.Pack([text], new BatchLimits()).Batches.Single();

        Assert.Equal((text, bytes), (batch.Texts.Single(), batch.Bytes));
    }

    [Fact]
    public void A_request_of_many_texts_stays_under_what_the_provider_takes()
    {
        var packed = BatchPacker.Pack([.. Enumerable.Repeat(new string('a', 1000), 5000)], new BatchLimits());

        Assert.Equal([1000, 1000, 1000, 1000, 1000], packed.Batches.Select(batch => batch.Texts.Count));
        Assert.Equal([1500, 1500], BatchPacker.Pack([.. Enumerable.Repeat("a", 3000)], new BatchLimits()).Batches.Select(batch => batch.Texts.Count));
    }
}
