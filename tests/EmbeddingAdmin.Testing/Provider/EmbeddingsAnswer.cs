using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>The body of a successful answer, as OpenAI writes it, or spoilt.</summary>
internal static class EmbeddingsAnswer
{
    /// <summary>What a text is charged: a quarter of its bytes.</summary>
    public static long Tokens(string text) => (Encoding.UTF8.GetByteCount(text) + 3) / 4;

    /// <summary>The answer; <paramref name="means"/> says which texts' vectors are spoilt, null the last one's.</summary>
    public static byte[] Write(EmbeddingsRequest request, Misdeed misdeed, Predicate<string>? means)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var index in Order(request.Texts.Count, misdeed))
                WriteVector(json, request, index, misdeed, means);
            json.WriteEndArray();
            json.WriteString("model", misdeed == Misdeed.OtherModel ? "another-model" : request.Model);
            if (misdeed != Misdeed.NoUsage)
                WriteUsage(json, request.Texts.Sum(Tokens));
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static IEnumerable<int> Order(int count, Misdeed misdeed) => misdeed switch
    {
        Misdeed.ReverseOrder => Enumerable.Range(0, count).Reverse(),
        Misdeed.Fewer => Enumerable.Range(0, count - 1),
        Misdeed.More => Enumerable.Range(0, count + 1),
        _ => Enumerable.Range(0, count),
    };

    private static void WriteVector(Utf8JsonWriter json, EmbeddingsRequest request, int index, Misdeed misdeed, Predicate<string>? means)
    {
        var isLast = index == request.Texts.Count - 1;
        var isMeant = means is null ? isLast : index < request.Texts.Count && means(request.Texts[index]);
        if (isLast && misdeed == Misdeed.NullElement)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("object", "embedding");
        if (misdeed != Misdeed.NoIndex)
            json.WriteNumber("index", isLast && misdeed == Misdeed.RepeatedIndex ? 0 : index);
        var vector = Spoilt(Oracle.Vector(request.Texts[misdeed == Misdeed.SameVectors ? 0 : index % request.Texts.Count], request.Dimensions), isMeant ? misdeed : Misdeed.None);
        if (request.Base64 && misdeed != Misdeed.Floats)
            json.WriteBase64String("embedding", MemoryMarshal.AsBytes<float>(vector));
        else
            WriteFloats(json, vector);
        json.WriteEndObject();
    }

    private static float[] Spoilt(float[] vector, Misdeed misdeed)
    {
        switch (misdeed)
        {
            case Misdeed.NotANumber:
                vector[2] = float.NaN;
                break;
            case Misdeed.Infinite:
                vector[2] = float.PositiveInfinity;
                break;
            case Misdeed.Zero:
                Array.Clear(vector);
                break;
            case Misdeed.NotUnit:
                for (var i = 0; i < vector.Length; i++)
                    vector[i] *= 3;
                break;
            case Misdeed.HalfTheDimensions:
                return vector[..(vector.Length / 2)];
        }

        return vector;
    }

    private static void WriteFloats(Utf8JsonWriter json, float[] vector)
    {
        json.WriteStartArray("embedding");
        foreach (var value in vector)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static void WriteUsage(Utf8JsonWriter json, long tokens)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("total_tokens", tokens);
        json.WriteEndObject();
    }
}
