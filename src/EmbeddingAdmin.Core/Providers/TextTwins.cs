using System.Runtime.InteropServices;
using System.Text;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// Texts that differ and got the same vector, bit for bit: the sign of a server that makes one vector for everything, or that has cut both before
/// they differ. Texts that many models cannot tell apart (by case, accents, white space or marks) are the same here.
/// </summary>
internal static class TextTwins
{
    /// <summary>Every text of which the vector is another text's too, with the first such text.</summary>
    public static IEnumerable<(int Place, int Twin)> Find(IReadOnlyList<string> texts, IReadOnlyList<ReadOnlyMemory<float>> vectors)
    {
        var alike = Enumerable.Range(0, vectors.Count).Where(place => !vectors[place].IsEmpty)
            .GroupBy(place => vectors[place], SameBits.Instance).Where(group => group.Count() > 1);
        foreach (var places in alike)
        {
            var letters = places.ToDictionary(place => place, place => Letters(texts[place]));
            foreach (var place in places)
            {
                if (places.FirstOrDefault(other => !IsSame(letters[other], letters[place]), -1) is >= 0 and var twin)
                    yield return (place, twin);
            }
        }
    }

    private static List<Rune> Letters(string text)
    {
        var letters = text.EnumerateRunes().Where(Rune.IsLetterOrDigit).Select(Rune.ToUpperInvariant).ToList();
        // A text of signs only is what it is.
        return letters.Count > 0 ? letters : [.. text.Trim().EnumerateRunes()];
    }

    private static bool IsSame(List<Rune> one, List<Rune> other) => one.Count == other.Count && one.Zip(other).All(pair => pair.First == pair.Second || MayHaveAccent(pair.First) || MayHaveAccent(pair.Second));

    // Latin letters beyond ASCII.
    private static bool MayHaveAccent(Rune letter) => letter.Value is (>= 0xC0 and <= 0x24F) or (>= 0x1E00 and <= 0x1EFF);

    private sealed class SameBits : IEqualityComparer<ReadOnlyMemory<float>>
    {
        public static SameBits Instance { get; } = new();

        public bool Equals(ReadOnlyMemory<float> x, ReadOnlyMemory<float> y) => MemoryMarshal.AsBytes(x.Span).SequenceEqual(MemoryMarshal.AsBytes(y.Span));

        public int GetHashCode(ReadOnlyMemory<float> vector)
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(vector.Span));
            return hash.ToHashCode();
        }
    }
}
