using System.Text;

namespace EmbeddingAdmin.Providers;

/// <summary>One request's worth of texts.</summary>
/// <param name="Places">Their places in the list that was packed, ascending.</param>
/// <param name="Texts">The texts, unchanged, in the same order.</param>
/// <param name="Bytes">Their UTF-8 bytes together.</param>
public sealed record TextBatch(IReadOnlyList<int> Places, IReadOnlyList<string> Texts, int Bytes);

/// <summary>A text that is longer than any request takes, and therefore was not packed.</summary>
/// <param name="Place">Its place in the list that was packed.</param>
/// <param name="Bytes">Its UTF-8 bytes.</param>
public sealed record TooLongText(int Place, long Bytes);

/// <summary>A list of texts as requests: every text is in exactly one batch, or is too long.</summary>
/// <param name="Batches">The requests, in the texts' order.</param>
/// <param name="TooLong">What is not to be sent.</param>
public sealed record PackedTexts(IReadOnlyList<TextBatch> Batches, IReadOnlyList<TooLongText> TooLong);

/// <summary>
/// Packs texts into requests that the provider will take, in their order. It counts UTF-8 bytes and not tokens: the provider's own gate
/// does so too, and no tokenizer has to be right about the model.
/// </summary>
public static class BatchPacker
{
    /// <summary>Packs texts into as few requests as their order allows.</summary>
    /// <param name="texts">The texts, in order.</param>
    /// <param name="limits">What fits into one request.</param>
    public static PackedTexts Pack(IReadOnlyList<string> texts, BatchLimits limits)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxItems, 1);
        var batches = new List<TextBatch>();
        var tooLong = new List<TooLongText>();
        var places = new List<int>();
        var bytes = 0;
        for (var place = 0; place < texts.Count; place++)
        {
            var size = Encoding.UTF8.GetByteCount(texts[place]);
            if (size > limits.MaxTextBytes || size > limits.MaxBytes)
            {
                tooLong.Add(new TooLongText(place, size));
                continue;
            }

            if (places.Count == limits.MaxItems || bytes + size > limits.MaxBytes)
                Close();
            places.Add(place);
            bytes += size;
        }

        Close();
        return new PackedTexts(batches, tooLong);

        void Close()
        {
            if (places.Count == 0)
                return;
            batches.Add(new TextBatch([.. places], [.. places.Select(place => texts[place])], bytes));
            places.Clear();
            bytes = 0;
        }
    }
}
