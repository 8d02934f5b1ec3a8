namespace EmbeddingAdmin.Providers;

/// <summary>What is known of a model before it is asked.</summary>
/// <param name="Name">The name that a request gives it.</param>
/// <param name="Dimensions">Length of its vectors when a request asks for none.</param>
/// <param name="Shortens">Whether it takes <c>dimensions</c>, and makes any length from 1 to <paramref name="Dimensions"/>.</param>
public sealed record KnownModel(string Name, int Dimensions, bool Shortens);

/// <summary>
/// The models of which it is known what they can make; their vectors have unit length. Of any other model the probe tells
/// (<see cref="ProviderProbe"/>).
/// </summary>
/// <remarks>Source: OpenAI's guide to embeddings; ada-002 answers 400 to <c>dimensions</c>.</remarks>
public static class EmbeddingModels
{
    /// <summary>The default: good and cheap.</summary>
    public const string Small = "text-embedding-3-small";

    /// <summary>The better and dearer one.</summary>
    public const string Large = "text-embedding-3-large";

    /// <summary>The one before, which many columns were filled with.</summary>
    public const string Ada = "text-embedding-ada-002";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KnownModel> All { get; } = [new(Small, 1536, true), new(Large, 3072, true), new(Ada, 1536, false)];

    /// <summary>What is known of the model of that name; null for nothing.</summary>
    public static KnownModel? Find(string name) => All.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.Ordinal));

    /// <summary>Why the model certainly cannot fill a column; null when it can, or when nobody knows.</summary>
    /// <param name="name">The model.</param>
    /// <param name="dimensions">The column's length.</param>
    /// <param name="asks">Whether requests name the length that they want.</param>
    /// <returns>What is the matter, and what to do.</returns>
    internal static (string Happened, string ToDo)? WhyUnfit(string name, int dimensions, bool asks)
    {
        if (Find(name) is not { } model)
            return null;
        var fit = string.Join(" or ", All.Where(other => other.Dimensions == dimensions || (other.Shortens && other.Dimensions > dimensions)).Select(other => other.Name));
        var another = fit.Length > 0 ? $"Choose {fit}" : $"Choose a model that makes vectors of {dimensions} dimensions";
        var toDo = $"{another}, or give the column {model.Dimensions} dimensions.";
        return model switch
        {
            { Shortens: true } when dimensions > model.Dimensions => ($"{name} makes vectors of at most {model.Dimensions} dimensions, and the column takes {dimensions}.", toDo),
            { Shortens: true } when dimensions < model.Dimensions && !asks =>
                ($"{name} makes vectors of {model.Dimensions} dimensions unless it is asked for fewer, and the column takes {dimensions}.", "Leave Embeddings:SendDimensions out, so that it is asked."),
            { Shortens: false } when dimensions != model.Dimensions => ($"{name} makes vectors of {model.Dimensions} dimensions only, and the column takes {dimensions}.", toDo),
            _ => null,
        };
    }
}
