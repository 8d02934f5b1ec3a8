using System.Text;
using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class BatchPackerTests
{
    [Fact]
    public void Every_text_is_in_exactly_one_batch_in_order_or_is_too_long()
    {
        var random = new Random(42);
        string[] texts = [.. Enumerable.Range(0, 5000).Select(_ => new string("aé漢"[random.Next(3)], random.Next(0, 400)))];
        var limits = new BatchLimits(MaxItems: 64, MaxBytes: 9000, MaxTextBytes: 1000);

        var packed = BatchPacker.Pack(texts, limits);

        int[] places = [.. packed.Batches.SelectMany(batch => batch.Places)];
        Assert.Equal(places.Order(), places);
        Assert.Equal(Enumerable.Range(0, texts.Length), places.Concat(packed.TooLong.Select(text => text.Place)).Order());
        Assert.All(packed.TooLong, text => Assert.True(Encoding.UTF8.GetByteCount(texts[text.Place]) == text.Bytes && text.Bytes > 1000));
        Assert.All(packed.Batches, batch =>
        {
            Assert.InRange(batch.Texts.Count, 1, 64);
            Assert.InRange(batch.Bytes, 0, 9000);
            Assert.Equal(batch.Texts.Sum(Encoding.UTF8.GetByteCount), batch.Bytes);
            Assert.Equal(batch.Places.Select(place => texts[place]).ToArray(), batch.Texts);
        });
    }

    [Fact]
    public void A_batch_is_closed_only_when_the_next_text_would_not_fit()
    {
        var packed = BatchPacker.Pack(["aaaa", "bbb", "ccc", "d", "e", "f"], new BatchLimits(MaxItems: 3, MaxBytes: 7));

        Assert.Equal(["aaaa,bbb", "ccc,d,e", "f"], packed.Batches.Select(batch => string.Join(',', batch.Texts)).ToArray());
    }

    [Fact]
    public void No_text_makes_no_batch() => Assert.Empty(BatchPacker.Pack([], new BatchLimits()).Batches);

    [Fact]
    public void The_bound_of_a_text_is_exact_and_counted_in_bytes()
    {
        var limits = new BatchLimits(MaxTextBytes: BatchLimits.CertainTextBytes);
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

        Assert.Equal([1100, 1100, 1100, 1100, 600], packed.Batches.Select(batch => batch.Texts.Count));
        Assert.Equal([2048, 952], BatchPacker.Pack([.. Enumerable.Repeat("a", 3000)], new BatchLimits()).Batches.Select(batch => batch.Texts.Count));
    }
}
