using System.Globalization;
using System.Numerics;

namespace EmbeddingAdmin.Text;

/// <summary>Why a vector must not be stored, or is not what its model promises.</summary>
/// <param name="Code"><c>EA-PRV-10</c> to <c>EA-PRV-13</c>.</param>
/// <param name="Sentence">The reason with its numbers.</param>
public sealed record VectorFault(string Code, string Sentence);

/// <summary>Why a vector is refused. A refused vector is reported, never repaired: shortened, padded or scaled, it would mean something else.</summary>
public static class VectorCheck
{
    /// <summary>How far from 1 the length of a vector may be when its model promises unit length.</summary>
    public const double UnitTolerance = 0.01;

    /// <summary>Why the vector may not be stored; null when it may.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="dimensions">How many dimensions the column has.</param>
    public static VectorFault? Refusal(ReadOnlySpan<float> vector, int dimensions)
    {
        if (vector.Length != dimensions)
        {
            return new VectorFault(
                ErrorCodes.WrongDimensions, $"The vector has {vector.Length} dimensions; the column takes {dimensions}.");
        }

        var squares = SumOfSquares(vector);
        if (!double.IsFinite(squares))
        {
            var at = IndexOfNotFinite(vector);
            var value = vector[at].ToString(CultureInfo.InvariantCulture);
            return new VectorFault(ErrorCodes.NotFinite, $"The vector holds {value} at position {at + 1} of {vector.Length}.");
        }

        return squares == 0
            ? new VectorFault(ErrorCodes.ZeroVector, $"All {vector.Length} numbers of the vector are 0, so that it has no direction.")
            : null;
    }

    /// <summary>Why a vector that may be stored is not of unit length; null when it is.</summary>
    public static VectorFault? NotUnit(ReadOnlySpan<float> vector)
    {
        var norm = Norm(vector);
        return Math.Abs(norm - 1) <= UnitTolerance
            ? null
            : new VectorFault(ErrorCodes.NotUnitLength, $"The vector's length is {norm:0.####}, although the model promises 1.");
    }

    /// <summary>The Euclidean length, computed in double; NaN or ∞ when the vector is not finite.</summary>
    public static double Norm(ReadOnlySpan<float> vector) => Math.Sqrt(SumOfSquares(vector));

    // In double the squares of floats neither overflow nor vanish, so the sum is finite and positive exactly when the vector is good.
    private static double SumOfSquares(ReadOnlySpan<float> vector)
    {
        var sum = Vector<double>.Zero;
        var i = 0;
        for (; i <= vector.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(vector[i..]), out var low, out var high);
            sum += (low * low) + (high * high);
        }

        var total = Vector.Sum(sum);
        for (; i < vector.Length; i++)
            total += (double)vector[i] * vector[i];
        return total;
    }

    private static int IndexOfNotFinite(ReadOnlySpan<float> vector)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            if (!float.IsFinite(vector[i]))
                return i;
        }

        throw new InvalidOperationException("A finite vector has no such position.");
    }
}
