using System.Text;
using System.Text.Json;

namespace EmbeddingAdmin.Testing.Provider;

/// <summary>The body of a successful answer, as OpenAI writes it, or spoilt.</summary>
internal sealed class EmbeddingsAnswer(EmbeddingsRequest request, Misdeed misdeed, Predicate<string>? means, int? textTokens)
{
    private const int TokensOfCutText = 16;

    private readonly int? _textTokens = misdeed == Misdeed.TextsCut ? TokensOfCutText : textTokens;

    /// <summary>What a text is charged: a quarter of its bytes.</summary>
    public static long Tokens(string text) => (Encoding.UTF8.GetByteCount(text) + 3) / 4;

    /// <summary>The answer.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="misdeed">How it is spoilt.</param>
    /// <param name="means">Which texts' vectors are spoilt; null the last one's.</param>
    /// <param name="textTokens">How many tokens of a text count, the rest being cut without a word; null for all.</param>
    /// <returns>The body, and the tokens that are charged for it.</returns>
    public static (byte[] Body, long Tokens) Write(EmbeddingsRequest request, Misdeed misdeed, Predicate<string>? means, int? textTokens = null)
    {
        var answer = new EmbeddingsAnswer(request, misdeed, means, textTokens);
        return (answer.Body(), answer.Charged());
    }

    private byte[] Body()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var index in Order())
                WriteElement(json, index);
            json.WriteEndArray();
            if (misdeed != Misdeed.NoModel)
                json.WriteString("model", misdeed == Misdeed.OtherModel ? "another-model" : request.Model);
            if (misdeed != Misdeed.NoUsage)
                WriteUsage(json, Charged());
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private long Charged() => request.Texts.Sum(text => Tokens(Read(text)));

    private IEnumerable<int> Order()
    {
        var all = Enumerable.Range(0, request.Texts.Count);
        return misdeed switch
        {
            Misdeed.ReverseOrder => all.Reverse(),
            Misdeed.Fewer => all.Where(index => !IsMeant(index)),
            Misdeed.More => all.Append(request.Texts.Count),
            _ => all,
        };
    }

    private bool IsMeant(int index) => index < request.Texts.Count && (means is null ? index == request.Texts.Count - 1 : means(request.Texts[index]));

    private void WriteElement(Utf8JsonWriter json, int index)
    {
        var spoilt = IsMeant(index) ? misdeed : Misdeed.None;
        if (spoilt == Misdeed.NullElement)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("object", "embedding");
        if (misdeed != Misdeed.NoIndex)
            json.WriteNumber("index", Index(index, spoilt));
        json.WritePropertyName("embedding");
        var asFloats = misdeed is Misdeed.Floats || !request.Base64;
        SpoiltVector.Write(json, Oracle.Vector(Read(TextFor(index, spoilt)), request.Dimensions), spoilt, asFloats);
        json.WriteEndObject();
    }

    private int Index(int index, Misdeed spoilt) => spoilt switch
    {
        Misdeed.RepeatedIndex => index == 0 ? request.Texts.Count - 1 : 0,
        Misdeed.IndexTooLarge => request.Texts.Count,
        Misdeed.NegativeIndex => -1,
        _ => index,
    };

    private string TextFor(int index, Misdeed spoilt)
    {
        var isFirsts = spoilt is Misdeed.TwoSameVectors || (misdeed is Misdeed.SameVectors && (means is null || spoilt is Misdeed.SameVectors));
        return request.Texts[isFirsts ? 0 : index % request.Texts.Count];
    }

    /// <summary>What a server reads of a text, which may be less than was sent.</summary>
    private string Read(string text)
    {
        if (_textTokens is not { } most || Tokens(text) <= most)
            return text;
        var bytes = 0;
        var read = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > most * 4)
                break;
            read.Append(rune);
        }

        return read.ToString();
    }

    private static void WriteUsage(Utf8JsonWriter json, long tokens)
    {
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", tokens);
        json.WriteNumber("total_tokens", tokens);
        json.WriteEndObject();
    }
}
