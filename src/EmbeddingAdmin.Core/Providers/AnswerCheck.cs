using System.ClientModel.Primitives;
using System.Text;
using EmbeddingAdmin.Text;
using Microsoft.Extensions.AI;
using OpenAI.Embeddings;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// Looks at an answer before anything of it may be stored. What cannot be told apart (another number of vectors than of texts, indices that are no
/// permutation) is refused as a whole; a vector that is no good by itself is refused with its text, and the others of the answer may be stored.
/// </summary>
/// <param name="model">What was asked for.</param>
/// <param name="faults">Words for what is wrong.</param>
/// <param name="options">What the server and its model are known to do.</param>
internal sealed class AnswerCheck(EmbeddingModel model, OpenAiFaults faults, EmbeddingOptions options)
{
    // Below this there is no natural text: even a run of spaces comes to a token for each sixteen or so.
    private const int BytesPerTokenAtMost = 16;

    // What a server adds around a text: the marks of its beginning and end.
    private const int MarksAtMost = 2;

    private readonly bool _promisesUnit = options.UnitLength ?? EmbeddingModels.Find(model.Model) is not null;
    private readonly int? _mayCutAbove = options.MayCut ? options.MaxTextTokens : null;

    /// <summary>The vectors in the texts' order, with what was charged.</summary>
    /// <exception cref="ProviderFault">The answer, or some of its vectors, must not be stored.</exception>
    public GeneratedEmbeddings<Embedding<float>> Accept(OpenAIEmbeddingCollection answer, IReadOnlyList<string> texts, PipelineResponse response)
    {
        if (answer.Count != texts.Count)
            throw faults.OfCount(answer.Count, texts, response);
        var vectors = InOrder(answer);
        var refused = new SortedDictionary<int, ProviderFault>();
        for (var i = 0; i < vectors.Length; i++)
        {
            if (VectorCheck.Refusal(vectors[i].Span, model.Dimensions) is { } refusal)
                refused.Add(i, OpenAiFaults.OfAnswer(refusal.Code, refusal.Sentence, i));
            else if (_promisesUnit && VectorCheck.NotUnit(vectors[i].Span) is { } length)
                refused.Add(i, OpenAiFaults.OfAnswer(length.Code, length.Sentence, i, "Check which model the server at Embeddings:Endpoint really runs, or set Embeddings:UnitLength to false if it promises nothing."));
        }

        foreach (var (place, twin) in TextTwins.Find(texts, vectors).Where(pair => !refused.ContainsKey(pair.Place)))
            refused.Add(place, OpenAiFaults.OfAnswer(ErrorCodes.SameVectors, $"The vector is, bit for bit, that of another text of the same request (text {twin + 1} of {texts.Count}).", place));

        var usage = answer.Usage is { } charged
            ? new UsageDetails { InputTokenCount = charged.InputTokenCount, TotalTokenCount = charged.TotalTokenCount }
            : null;
        if (refused.Count == 0 && WhyCut(texts, usage) is { } cut)
            refused.Add(0, cut);
        if (refused.Count > 0)
            throw OpenAiFaults.OfPart(refused, new PartOfAnswer([.. vectors.Select((vector, i) => refused.ContainsKey(i) ? null : Made(vector, answer.Model))], refused, usage));
        return new GeneratedEmbeddings<Embedding<float>>(vectors.Select(vector => Made(vector, answer.Model))) { Usage = usage };
    }

    private static ReadOnlyMemory<float>[] InOrder(OpenAIEmbeddingCollection answer)
    {
        var vectors = new ReadOnlyMemory<float>?[answer.Count];
        foreach (var item in answer)
        {
            if (item is null)
                throw OpenAiFaults.OfAnswer(ErrorCodes.WrongCount, "One place of the answer is empty.");
            if (item.Index < 0 || item.Index >= vectors.Length || vectors[item.Index] is not null)
            {
                throw OpenAiFaults.OfAnswer(
                    ErrorCodes.WrongIndices, $"The answer does not say which vector belongs to which text (index {item.Index} is missing, wrong or there twice).");
            }

            vectors[item.Index] = item.ToFloats();
        }

        return [.. vectors.Select(vector => vector!.Value)];
    }

    /// <summary>
    /// Why the vector is only that of a text's beginning; null when it is that of the whole, or when nobody has a reason to ask. A text that may be too
    /// long comes alone (<see cref="BatchLimits.AloneAbove"/>), so that the charge is its own.
    /// </summary>
    private ProviderFault? WhyCut(IReadOnlyList<string> texts, UsageDetails? usage)
    {
        if (_mayCutAbove is not { } limit || texts is not [var text] || Encoding.UTF8.GetByteCount(text) is var bytes && bytes <= limit)
            return null;
        var said = usage?.InputTokenCount switch
        {
            null or <= 0 => $"{model.Host} does not say how many tokens it took of a text of {bytes} bytes, and may have cut it.",
            { } took when took >= limit - MarksAtMost => $"{model.Host} took {took} tokens of a text of {bytes} bytes, which is all that {model.Model} takes: the rest was cut.",
            { } took when took * BytesPerTokenAtMost < bytes => $"{model.Host} took {took} tokens of a text of {bytes} bytes: the rest was cut.",
            _ => null,
        };
        return said is null ? null : new(ProviderFaultKind.BadAnswer, ErrorCodes.TextCut, said, $"Shorten the text, choose a model that takes it, or set Embeddings:MaxTextTokens to what the model takes (it is {limit}); Embeddings:CutsLongTexts is false for a server that refuses such a text itself.") { TextIndex = 0 };
    }

    private static Embedding<float> Made(ReadOnlyMemory<float> vector, string? answersAs) => new(vector) { ModelId = answersAs };
}
