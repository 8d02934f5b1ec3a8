using System.Buffers;
using System.Text;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// A text as a vector: every word and every three neighbouring characters of a word are hashed to one coordinate and a sign, and weigh
/// 1 + ln(how often they occur). All numbers here are part of <see cref="LocalEmbeddings.ModelName"/>: a change makes another model.
/// </summary>
internal static class FeatureHashing
{
    private const float WordWeight = 1f;
    private const float TrigramWeight = 0.25f;
    private const char Edge = '\u0001';
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;
    private const ulong TrigramSeed = 0x9E3779B97F4A7C15;

    /// <summary>The unit vector of a text that is not blank.</summary>
    /// <exception cref="ProviderFault">The text is blank.</exception>
    public static float[] Vector(string text, int dimensions)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw new ProviderFault(ProviderFaultKind.BadText, ErrorCodes.TextRefused, "A blank text has no vector.");

        var vector = new float[dimensions];
        var letters = ArrayPool<char>.Shared.Rent(text.Length);
        // A character starts at most one word and one trigram, and a word's edges add two trigrams at most.
        var counts = new FeatureCounts(text.Length * 4);
        try
        {
            Count(text, letters, ref counts);
            counts.AddTo(vector);
        }
        finally
        {
            counts.Return();
            ArrayPool<char>.Shared.Return(letters);
        }

        ToUnitLength(vector, text);
        return vector;
    }

    /// <summary>Splits the text into words (runs of letters, digits and marks) and other signs, folded to lower case.</summary>
    private static void Count(string text, Span<char> letters, ref FeatureCounts counts)
    {
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var folded = Rune.ToLowerInvariant(rune);
            if (Rune.IsLetterOrDigit(folded) || IsMark(folded))
            {
                length += folded.EncodeToUtf16(letters[length..]);
                // Scripts that put no spaces between words: each of their signs is a word as well.
                if (folded.Value is >= 0x2E80 and < 0xAC00)
                    counts.Add(Hash(letters[(length - folded.Utf16SequenceLength)..length]), WordWeight);
                continue;
            }

            CountWord(letters[..length], ref counts);
            length = 0;
            if (!Rune.IsWhiteSpace(folded))
                counts.Add(Mix(FnvOffset ^ (ulong)folded.Value), TrigramWeight);
        }

        CountWord(letters[..length], ref counts);
    }

    private static bool IsMark(Rune rune) => rune.Value > 0x2FF
        && Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark
            or System.Globalization.UnicodeCategory.SpacingCombiningMark;

    private static void CountWord(ReadOnlySpan<char> word, ref FeatureCounts counts)
    {
        if (word.IsEmpty)
            return;
        counts.Add(Hash(word), WordWeight);
        var (first, second) = (Edge, word[0]);
        for (var i = 1; i <= word.Length; i++)
        {
            var third = i < word.Length ? word[i] : Edge;
            counts.Add(Mix(TrigramSeed ^ (((ulong)first << 32) | ((ulong)second << 16) | third)), TrigramWeight);
            (first, second) = (second, third);
        }
    }

    private static ulong Hash(ReadOnlySpan<char> word)
    {
        var hash = FnvOffset;
        foreach (var c in word)
            hash = (hash ^ c) * FnvPrime;
        return Mix(hash);
    }

    /// <summary>Spreads every bit of the input over all 64, because coordinate and sign are taken from both ends.</summary>
    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return hash ^ (hash >> 33);
    }

    /// <summary>Scales to length 1. Features of opposite sign can cancel out, above all in few dimensions; the whole text then names a coordinate.</summary>
    private static void ToUnitLength(Span<float> vector, string text)
    {
        // Added up one by one: wider additions round differently on different processors.
        var squares = 0.0;
        foreach (var value in vector)
            squares += (double)value * value;
        var norm = Math.Sqrt(squares);
        if (norm < 1e-3)
        {
            vector.Clear();
            vector[Coordinate(Hash(text), vector.Length)] = 1;
            return;
        }

        for (var i = 0; i < vector.Length; i++)
            vector[i] = (float)(vector[i] / norm);
    }

    private static int Coordinate(ulong hash, int dimensions) => (int)Math.BigMul(hash, (ulong)dimensions, out _);

    /// <summary>How often each feature occurs: an open hash table in rented arrays.</summary>
    private struct FeatureCounts
    {
        private readonly ulong[] _keys;
        private readonly int[] _counts;
        private readonly float[] _weights;
        private readonly int _mask;

        public FeatureCounts(int features)
        {
            var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(features, 16));
            _mask = size - 1;
            _keys = ArrayPool<ulong>.Shared.Rent(size);
            _counts = ArrayPool<int>.Shared.Rent(size);
            _weights = ArrayPool<float>.Shared.Rent(size);
            Array.Clear(_counts, 0, size);
        }

        public readonly void Add(ulong key, float weight)
        {
            var slot = (int)key & _mask;
            while (_counts[slot] > 0 && _keys[slot] != key)
                slot = (slot + 1) & _mask;
            _keys[slot] = key;
            _weights[slot] = weight;
            _counts[slot]++;
        }

        public readonly void AddTo(Span<float> vector)
        {
            for (var slot = 0; slot <= _mask; slot++)
            {
                if (_counts[slot] == 0)
                    continue;
                var weight = _counts[slot] == 1 ? _weights[slot] : _weights[slot] * (float)(1 + Math.Log(_counts[slot]));
                vector[Coordinate(_keys[slot], vector.Length)] += (_keys[slot] & 1) == 0 ? weight : -weight;
            }
        }

        public readonly void Return()
        {
            ArrayPool<ulong>.Shared.Return(_keys);
            ArrayPool<int>.Shared.Return(_counts);
            ArrayPool<float>.Shared.Return(_weights);
        }
    }
}
