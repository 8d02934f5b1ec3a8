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
/// <param name="Batches">The requests, in the order of their first texts.</param>
/// <param name="TooLong">What is not to be sent.</param>
public sealed record PackedTexts(IReadOnlyList<TextBatch> Batches, IReadOnlyList<TooLongText> TooLong);

/// <summary>
/// Packs texts into as few requests as the provider's limits allow, of about the same size: long and short ones are mixed, so that neither the
/// bytes nor the places of a request run out long before the other. It counts UTF-8 bytes and not tokens: the provider's own gate does so too, and
/// no tokenizer has to be right about the model.
/// </summary>
public static class BatchPacker
{
    /// <summary>Packs texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="limits">What fits into one request.</param>
    public static PackedTexts Pack(IReadOnlyList<string> texts, BatchLimits limits)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentOutOfRangeException.ThrowIfLessThan(limits.MaxItems, 1);
        var sizes = texts.Select(text => Encoding.UTF8.GetByteCount(text)).ToArray();
        var most = Math.Min(limits.MaxTextBytes, limits.MaxBytes);
        var fit = Enumerable.Range(0, texts.Count).Where(place => sizes[place] <= most).ToLookup(place => sizes[place] > limits.AloneAbove);
        return new PackedTexts(
            [.. Fill([.. fit[false]], sizes, limits).Concat(fit[true].Select(place => new List<int> { place })).Select(Batch).OrderBy(batch => batch.Places[0])],
            [.. Enumerable.Range(0, texts.Count).Where(place => sizes[place] > most).Select(place => new TooLongText(place, sizes[place]))]);

        TextBatch Batch(List<int> places)
        {
            places.Sort();
            return new([.. places], [.. places.Select(place => texts[place])], places.Sum(place => sizes[place]));
        }
    }

    /// <summary>The longest text first, each into the request that is the emptiest: that keeps their sizes even and their number low.</summary>
    private static List<List<int>> Fill(int[] places, int[] sizes, BatchLimits limits)
    {
        var requests = new List<List<int>>();
        var open = new PriorityQueue<List<int>, (long Bytes, int No)>();
        var bytes = places.Sum(place => (long)sizes[place]);
        for (var n = Math.Max(Quotient(places.Length, limits.MaxItems), Quotient(bytes, limits.MaxBytes)); n > 0; n--)
            Open();
        foreach (var place in places.OrderByDescending(place => sizes[place]))
        {
            if (!open.TryPeek(out _, out var emptiest) || emptiest.Bytes + sizes[place] > limits.MaxBytes)
                Open();
            open.TryDequeue(out var request, out var fill);
            request!.Add(place);
            if (request.Count < limits.MaxItems)
                open.Enqueue(request, (fill.Bytes + sizes[place], fill.No));
        }

        return requests;

        void Open()
        {
            requests.Add([]);
            open.Enqueue(requests[^1], (0, requests.Count));
        }
    }

    private static long Quotient(long amount, int most) => (amount + most - 1) / most;
}
