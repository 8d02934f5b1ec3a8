namespace EmbeddingAdmin.Testing.Provider;

/// <summary>One way in which servers have been found to deviate from what their interface promises, ready to be played.</summary>
/// <param name="Name">Its name: lower case, words joined by dashes.</param>
/// <param name="Does">What the server does, in one line.</param>
/// <param name="Replays">Who does so in reality, and what comes of it.</param>
/// <param name="Answer">The answer.</param>
public sealed record Deviation(string Name, string Does, string Replays, ScriptedAnswer Answer)
{
    /// <summary>All of them by what they are about, in the order in which they are shown.</summary>
    public static IReadOnlyList<(string Title, IReadOnlyList<Deviation> Deviations)> Groups { get; } =
    [
        ("Key, money, rate", Refusals.OfTheAccount),
        ("Requests that are refused", Refusals.OfTheRequest),
        ("A server that fails", Outages.All),
        ("Answers that are none", SpoiltAnswers.WithoutVectors),
        ("Answers in which something is wrong", SpoiltAnswers.All),
        ("Vectors in which something is wrong", SpoiltVectors.All),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Deviation> All { get; } = [.. Groups.SelectMany(group => group.Deviations)];

    private static readonly Dictionary<string, Deviation> ByName = All.ToDictionary(deviation => deviation.Name, StringComparer.Ordinal);

    /// <summary>The one of this name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Deviation Named(string name) => ByName.TryGetValue(name, out var found)
        ? found
        : throw new ArgumentException($"There is no deviation named {name}. There are: {string.Join(", ", ByName.Keys)}.", nameof(name));

    public override string ToString() => Name;
}
