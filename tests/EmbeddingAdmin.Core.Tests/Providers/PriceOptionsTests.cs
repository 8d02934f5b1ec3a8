using System.Globalization;
using EmbeddingAdmin.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class PriceOptionsTests
{
    [Theory]
    [InlineData("PerMillionTokens", "-1", "at least 0")]
    [InlineData("PerMillionTokens", "NaN", "at least 0")]
    [InlineData("PerMillionTokens", "1,5", "with a point")]
    [InlineData("PerMillionTokens", "1e3", "at least 0")]
    [InlineData("PerMillionTokens", "", "at least 0")]
    [InlineData("PerMillionTokens", null, "at least 0")]
    [InlineData("AsOf", null, "the day on which the price was true")]
    [InlineData("AsOf", "29.04.2026", "the day on which the price was true")]
    [InlineData("AsOf", "2026-02-30", "the day on which the price was true")]
    [InlineData("Host", null, "It is missing")]
    [InlineData("Model", "", "It is missing")]
    [InlineData("Currency", "$", "three letters")]
    public void A_price_that_is_none_is_refused_by_its_place_and_name(string key, string? value, string words)
    {
        var problem = Assert.Single(Bind(Price(), key, value).Problems());

        Assert.Equal(("EA-CFG-09", $"Prices:0:{key}"), (problem.Code, problem.Setting));
        Assert.Contains(words, problem.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_price_that_is_there_twice_is_refused_and_every_fault_is_found_at_once()
    {
        var options = Bind(("0", Price()), ("1", Price("API.openai.com")), ("2", Price() with { AsOf = "soon" }));

        Assert.Equal(["Prices:1", "Prices:2:AsOf"], options.Problems().Select(problem => problem.Setting));
        Assert.All(options.Problems(), problem => Assert.Equal("EA-CFG-09", problem.Code));
    }

    [Theory]
    [InlineData(".", ",")]
    [InlineData(",", ".")]
    public void A_price_is_read_the_same_in_every_language(string decimals, string thousands)
    {
        var before = CultureInfo.CurrentCulture;
        var language = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (language.NumberFormat.NumberDecimalSeparator, language.NumberFormat.NumberGroupSeparator) = (decimals, thousands);
        CultureInfo.CurrentCulture = language;
        try
        {
            var options = Bind(("0", Price()));
            Assert.Empty(options.Problems());
            var price = List(options).Find(new("openai", "api.openai.com", "text-embedding-3-small", 1536))!;
            Assert.Equal((0.02m, "USD", new DateOnly(2026, 4, 29)), (price.PerMillionTokens, price.Currency, price.AsOf));
            Assert.Equal(0.0123m, price.Of(615_000));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("localhost:11434", "text-embedding-3-small")]
    [InlineData("api.openai.com", "text-embedding-3-large")]
    [InlineData("api.openai.com", "Text-Embedding-3-Small")]
    public void Another_host_or_model_is_unpriced(string host, string model)
        => Assert.Null(List(Bind(("0", Price()))).Find(new("openai", host, model, 1536)));

    [Fact]
    public void The_dimensions_do_not_change_the_price()
        => Assert.NotNull(List(Bind(("0", Price()))).Find(new("openai", "api.openai.com", "text-embedding-3-small", 256)));

    private static PriceList List(PriceOptions options) => new(Options.Create(options));

    private static Sample Price(string host = "api.openai.com") => new(host, "text-embedding-3-small", "0.02", "USD", "2026-04-29");

    private static PriceOptions Bind(Sample price, string key, string? value)
    {
        var given = Given("0", price);
        given[$"Prices:0:{key}"] = value;
        return Bind(given.Where(setting => setting.Value is not null));
    }

    private static PriceOptions Bind(params (string Place, Sample Price)[] prices) => Bind(prices.SelectMany(price => Given(price.Place, price.Price)));

    private static PriceOptions Bind(IEnumerable<KeyValuePair<string, string?>> settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings).Build().Get<PriceOptions>()!;

    private static Dictionary<string, string?> Given(string place, Sample price) => new(StringComparer.Ordinal)
    {
        [$"Prices:{place}:Host"] = price.Host, [$"Prices:{place}:Model"] = price.Model, [$"Prices:{place}:PerMillionTokens"] = price.PerMillionTokens,
        [$"Prices:{place}:Currency"] = price.Currency, [$"Prices:{place}:AsOf"] = price.AsOf,
    };

    private sealed record Sample(string Host, string Model, string PerMillionTokens, string Currency, string AsOf);
}
