namespace EmbeddingAdmin.Testing.Provider;

/// <summary>To which requests a deviation is played.</summary>
public enum When
{
    /// <summary>To the next ones, so many.</summary>
    Next,

    /// <summary>To every so-manieth from now on.</summary>
    Every,

    /// <summary>To all after so many from now on.</summary>
    After,

    /// <summary>To all.</summary>
    Always,

    /// <summary>To those that have a text with certain words; where vectors are spoilt, only those texts'.</summary>
    Containing,

    /// <summary>To probes, to which nothing else is played.</summary>
    Probes,
}

/// <summary>To which requests a deviation is played, with the number or the words that belong to it.</summary>
/// <param name="When">To which.</param>
/// <param name="Number">How many, or every how many; at least 1.</param>
/// <param name="Words">The words of a text.</param>
public sealed record Occasion(When When, int Number = 1, string Words = "")
{
    public static readonly Occasion Always = new(When.Always);
    public static readonly Occasion Probes = new(When.Probes);

    public static Occasion Next(int times = 1) => new(When.Next, times);

    public static Occasion Every(int number) => new(When.Every, number);

    public static Occasion After(int calls) => new(When.After, calls);

    public static Occasion Containing(string words) => new(When.Containing, Words: words);

    /// <summary>Throws when it means nothing.</summary>
    /// <exception cref="ArgumentException">It has no number, or no words where texts are found by them.</exception>
    public void Demand()
    {
        if (Number < 1 || (When == When.Containing && Words.Length == 0))
            throw new ArgumentException("The number is at least 1, and texts are found by words.");
    }

    /// <summary>In words, as on the page.</summary>
    public override string ToString() => When switch
    {
        When.Next => Number == 1 ? "the next request" : $"the next {Number} requests",
        When.Every => Number == 1 ? "all requests" : $"one request in {Number}",
        When.After => $"all after {Number} more",
        When.Always => "all requests",
        When.Containing => $"texts containing “{Words}”",
        _ => "probes",
    };
}
