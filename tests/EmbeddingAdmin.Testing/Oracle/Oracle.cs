using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace EmbeddingAdmin.Testing;

/// <summary>A row as it was found in a table.</summary>
/// <param name="Key">Names the row in the report.</param>
/// <param name="Text">The text that its vector should have been made from.</param>
/// <param name="Vector">The vector; null when there is none.</param>
public sealed record StoredRow(string Key, string Text, float[]? Vector);

/// <summary>
/// Knows what vector belongs to what text: one that is drawn from the text's SHA-256. Two texts have nothing in common, so a vector in
/// the wrong row, of an older text, or altered in a single bit is seen.
/// </summary>
public static class Oracle
{
    /// <summary>The unit vector of a text; the same on every machine, bit for bit.</summary>
    public static float[] Vector(string text, int dimensions)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        var random = new Xoshiro(hash);
        var values = new double[dimensions];
        var squares = 0.0;
        for (var i = 0; i < dimensions; i++)
        {
            values[i] = random.NextBetweenMinusOneAndOne();
            squares += values[i] * values[i];
        }

        var norm = Math.Sqrt(squares);
        return Array.ConvertAll(values, value => (float)(value / norm));
    }

    /// <summary>What is wrong with the rows, a sentence for each; empty when every vector is the one of its own row's text.</summary>
    public static IReadOnlyList<string> Differences(IEnumerable<StoredRow> rows)
        => [.. rows.Select(Difference).OfType<string>()];

    /// <summary>What is wrong with the row; null when its vector is the one of its text.</summary>
    public static string? Difference(StoredRow row)
    {
        if (row.Vector is null)
            return $"Row {row.Key} has no vector.";
        var expected = Vector(row.Text, row.Vector.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToUInt32Bits(expected[i]) != BitConverter.SingleToUInt32Bits(row.Vector[i]))
                return $"Row {row.Key} differs at position {i + 1} of {expected.Length}: {row.Vector[i]:R} instead of {expected[i]:R}.";
        }

        return null;
    }

    /// <summary>xoshiro256**, seeded by 32 bytes.</summary>
    private struct Xoshiro(ReadOnlySpan<byte> seed)
    {
        private ulong _a = BinaryPrimitives.ReadUInt64LittleEndian(seed);
        private ulong _b = BinaryPrimitives.ReadUInt64LittleEndian(seed[8..]);
        private ulong _c = BinaryPrimitives.ReadUInt64LittleEndian(seed[16..]);
        private ulong _d = BinaryPrimitives.ReadUInt64LittleEndian(seed[24..]) | 1;

        public double NextBetweenMinusOneAndOne() => ((Next() >> 11) * (2.0 / (1UL << 53))) - 1;

        private ulong Next()
        {
            var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
            var shifted = _b << 17;
            _c ^= _a;
            _d ^= _b;
            _b ^= _c;
            _a ^= _d;
            _c ^= shifted;
            _d = BitOperations.RotateLeft(_d, 45);
            return result;
        }
    }
}
