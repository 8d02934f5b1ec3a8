using System.Globalization;

namespace EmbeddingAdmin.Providers;

/// <summary>One price as it stands in the settings. All are text here: they are read the same whatever the machine's language is.</summary>
public sealed class PriceSetting
{
    /// <summary>The endpoint's host, such as <c>api.openai.com</c>, with its port when it is not the scheme's own.</summary>
    public string? Host { get; set; }

    /// <summary>The model.</summary>
    public string? Model { get; set; }

    /// <summary>The price of 1,000,000 tokens, with a point: <c>0.02</c>.</summary>
    public string? PerMillionTokens { get; set; }

    /// <summary>Three letters; <c>USD</c> when left out.</summary>
    public string? Currency { get; set; }

    /// <summary>The day of which the price is known: <c>2026-04-29</c>.</summary>
    public string? AsOf { get; set; }
}

/// <summary>The section <c>Prices</c>: what providers ask for tokens. What is not in it is unpriced, and never taken for free.</summary>
public sealed class PriceOptions
{
    /// <summary>The prices; the name of the property is the section's.</summary>
    public IList<PriceSetting> Prices { get; init; } = [];

    /// <summary>Every fault of the prices; empty when there is none.</summary>
    public IEnumerable<SettingProblem> Problems()
    {
        var seen = new HashSet<(string, string)>();
        foreach (var (n, setting) in Prices.Index())
        {
            if (Read(setting, out var wrong) is not { } price)
                yield return new(ErrorCodes.Price, $"Prices:{n}:{wrong.Setting}", wrong.Sentence);
            else if (!seen.Add(Key(price.Host, price.Model)))
                yield return new(ErrorCodes.Price, $"Prices:{n}", "The same model at the same host has a price already. Leave one of the two.");
        }
    }

    /// <summary>The prices that can be read, each host and model once.</summary>
    internal IEnumerable<ModelPrice> Read() => Prices.Select(setting => Read(setting, out _)).OfType<ModelPrice>().DistinctBy(price => Key(price.Host, price.Model));

    internal static (string Host, string Model) Key(string host, string model) => (host.ToUpperInvariant(), model);

    private static ModelPrice? Read(PriceSetting setting, out (string Setting, string Sentence) wrong)
    {
        wrong = setting switch
        {
            { Host: null or "" } => (nameof(setting.Host), "It is missing. Set the endpoint's host, such as api.openai.com."),
            { Model: null or "" } => (nameof(setting.Model), "It is missing. Set the model's name."),
            _ when Amount(setting.PerMillionTokens) is null => (nameof(setting.PerMillionTokens), "It is not a number of at least 0. Set one with a point, such as 0.02."),
            { Currency: { } currency } when currency.Length != 3 || !currency.All(char.IsAsciiLetter) => (nameof(setting.Currency), "It is not a currency. Set three letters, such as USD."),
            _ when Day(setting.AsOf) is null => (nameof(setting.AsOf), "It is not a day. Set the day on which the price was true, such as 2026-04-29."),
            _ => default,
        };
        return wrong != default
            ? null
            : new(setting.Host!.Trim(), setting.Model!.Trim(), Amount(setting.PerMillionTokens)!.Value, setting.Currency?.ToUpperInvariant() ?? "USD", Day(setting.AsOf)!.Value);
    }

    // Neither a comma, which would be read as thousands, nor a sign or an exponent.
    private static decimal? Amount(string? text) => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) ? amount : null;

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
