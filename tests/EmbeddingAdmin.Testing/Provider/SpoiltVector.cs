using System.Runtime.InteropServices;
using System.Text.Json;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>One vector of an answer as it stands in the JSON, good or spoilt.</summary>
internal static class SpoiltVector
{
    /// <summary>The place that is spoilt where it is only one, from 0.</summary>
    private const int Place = 2;

    public static void Write(Utf8JsonWriter json, float[] vector, Misdeed misdeed, bool asFloats)
    {
        switch (misdeed)
        {
            case Misdeed.EmptyVector:
                WriteFloats(json, []);
                break;
            case Misdeed.TooLargeNumber:
                WriteFloats(json, vector, "1e39");
                break;
            case Misdeed.NullNumber:
                WriteFloats(json, vector, "null");
                break;
            case Misdeed.StringNumber:
                WriteFloats(json, vector, "\"0.5\"");
                break;
            case Misdeed.LiteralNaN:
                WriteFloats(json, vector, "NaN");
                break;
            case Misdeed.NotBase64:
                json.WriteStringValue("no-base64!");
                break;
            case Misdeed.Doubles:
                json.WriteBase64StringValue(MemoryMarshal.AsBytes<double>(Array.ConvertAll(vector, value => (double)value)));
                break;
            case Misdeed.OddBytes:
                json.WriteBase64StringValue(MemoryMarshal.AsBytes<float>(vector)[..^1]);
                break;
            default:
                WriteUsual(json, Numbers(vector, misdeed), asFloats);
                break;
        }
    }

    private static float[] Numbers(float[] vector, Misdeed misdeed)
    {
        switch (misdeed)
        {
            case Misdeed.NotANumber:
                vector[Place] = float.NaN;
                break;
            case Misdeed.Infinite:
                vector[Place] = float.PositiveInfinity;
                break;
            case Misdeed.NegativeInfinite:
                vector[Place] = float.NegativeInfinity;
                break;
            case Misdeed.Zero:
                Array.Clear(vector);
                break;
            case Misdeed.NotUnit:
                return Array.ConvertAll(vector, value => value * 3);
            case Misdeed.HalfTheDimensions:
                return vector[..(vector.Length / 2)];
            case Misdeed.Dimensions768:
                return [.. Enumerable.Range(0, 768).Select(place => vector[place % vector.Length])];
        }

        return vector;
    }

    private static void WriteUsual(Utf8JsonWriter json, float[] vector, bool asFloats)
    {
        if (asFloats)
            WriteFloats(json, vector);
        else
            json.WriteBase64StringValue(MemoryMarshal.AsBytes<float>(vector));
    }

    private static void WriteFloats(Utf8JsonWriter json, float[] vector, string? atPlace = null)
    {
        json.WriteStartArray();
        for (var i = 0; i < vector.Length; i++)
        {
            if (i == Place && atPlace is not null)
                json.WriteRawValue(atPlace, skipInputValidation: true);
            else if (float.IsFinite(vector[i]))
                json.WriteNumberValue(vector[i]);
            else
                json.WriteRawValue(vector[i].ToString(System.Globalization.CultureInfo.InvariantCulture), skipInputValidation: true);
        }

        json.WriteEndArray();
    }
}
