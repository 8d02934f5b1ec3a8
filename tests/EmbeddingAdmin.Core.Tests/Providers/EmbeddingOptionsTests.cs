using EmbeddingAdmin.Providers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class EmbeddingOptionsTests
{
    [Fact]
    public void Without_settings_vectors_are_made_in_this_process()
    {
        using var provider = EmbeddingProviders.Create(Bind(), 1536, TimeProvider.System);

        Assert.Equal(new EmbeddingModel("local", "in this process", "feature-hashing-1", 1536), provider.Model);
        Assert.False(provider.SendsTextAway);
        Assert.Null(provider.Traffic);
        Assert.Contains("not for search in production", provider.Notice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, "api.openai.com", "text-embedding-3-small")]
    [InlineData(null, " ", "api.openai.com", "text-embedding-3-small")]
    [InlineData("http://localhost:11434/v1", "bge-m3", "localhost:11434", "bge-m3")]
    public void The_model_says_where_the_text_goes(string? endpoint, string? model, string host, string name)
    {
        using var provider = EmbeddingProviders.Create(
            Bind(("Provider", "openai"), ("ApiKey", "sk-test-1234567890"), ("Endpoint", endpoint), ("Model", model)), 1024, TimeProvider.System);

        Assert.Equal(new EmbeddingModel("openai", host, name, 1024), provider.Model);
        Assert.True(provider.SendsTextAway);
        Assert.Contains(host, provider.Notice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_may_name_a_model_of_its_own()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Embeddings:Provider", "openai"), new("Embeddings:ApiKey", "sk-test-1234567890"), new("Embeddings:Model", "text-embedding-3-large")]).Build();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(configuration);
        using var provider = services.BuildServiceProvider();
        var source = provider.GetRequiredService<ProviderSource>();

        Assert.Equal("text-embedding-3-large", source.For(1536).Model.Model);
        Assert.Equal("text-embedding-ada-002", source.For(1536, "text-embedding-ada-002").Model.Model);
        Assert.Same(source.For(1536), source.For(1536, null));
        // Limits are of a model, whatever the length of its vectors.
        Assert.Same(source.For(1536).Traffic, source.For(256).Traffic);
        Assert.NotSame(source.For(1536).Traffic, source.For(1536, "text-embedding-ada-002").Traffic);
        Assert.Equal([("text-embedding-3-large", 4, 8), ("text-embedding-ada-002", 4, 8)], source.Traffic.Select(state => (state.Model, state.Concurrency, state.MostConcurrency)));
    }

    [Theory]
    [InlineData("BatchSize", "0", "EA-CFG-08")]
    [InlineData("BatchSize", "-1", "EA-CFG-08")]
    [InlineData("BatchSize", "2049", "EA-CFG-08")]
    [InlineData("Concurrency", "0", "EA-CFG-08")]
    [InlineData("Concurrency", "33", "EA-CFG-08")]
    [InlineData("RequestsPerMinute", "0", "EA-CFG-08")]
    [InlineData("TokensPerMinute", "-1", "EA-CFG-08")]
    [InlineData("Timeout", "00:00:00", "EA-CFG-08")]
    [InlineData("Dimensions", "0", "EA-CFG-08")]
    [InlineData("MaxRequestBytes", "0", "EA-CFG-08")]
    [InlineData("MaxTextTokens", "0", "EA-CFG-08")]
    [InlineData("MaxTextBytes", "1200001", "EA-CFG-08")]
    [InlineData("KeyHeader", "api key", "EA-CFG-13")]
    [InlineData("Endpoint", "https://<resource>.openai.azure.com/openai/v1", "EA-CFG-03")]
    [InlineData("Provider", "cohere", "EA-CFG-13")]
    [InlineData("ApiKey", " ", "EA-CFG-13")]
    [InlineData("ApiKey", "sk-four five", "EA-KEY-08")]
    [InlineData("ApiKey", "sk-clé", "EA-KEY-08")]
    [InlineData("Endpoint", "api.openai.com/v1", "EA-CFG-03")]
    [InlineData("Endpoint", "http://example.com/v1", "EA-CFG-03")]
    [InlineData("Endpoint", "https://api.openai.com/v1?key=secretvalue", "EA-CFG-02")]
    [InlineData("Endpoint", "https://secretvalue@api.openai.com/v1", "EA-CFG-02")]
    public void A_wrong_setting_is_refused_by_its_name_and_without_its_secret(string key, string value, string code)
    {
        var options = Bind([("Provider", "openai"), ("ApiKey", "sk-test-1234567890"), (key, value)]);

        var problem = Assert.Single(EmbeddingOptionsValidator.Problems(options));

        Assert.Equal(code, problem.Code);
        Assert.Equal($"Embeddings:{key}", problem.Setting);
        Assert.DoesNotContain("sk-", problem.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("secretvalue", problem.Sentence, StringComparison.Ordinal);
        Assert.Equal(code, Assert.Throws<ProviderFault>(() => EmbeddingProviders.Create(options, 1536, TimeProvider.System)).Code);
    }

    [Theory]
    [InlineData("BatchSize", "1")]
    [InlineData("BatchSize", "2048")]
    [InlineData("Concurrency", "32")]
    [InlineData("ApiKey", "\"sk-test-1234567890\"\r\n")]
    [InlineData("Endpoint", "http://127.0.0.1:8080/v1")]
    [InlineData("Endpoint", "http://[::1]:8080/v1")]
    public void A_setting_within_its_range_is_taken(string key, string value)
        => Assert.Empty(EmbeddingOptionsValidator.Problems(Bind([("Provider", "openai"), ("ApiKey", "sk-test-1234567890"), (key, value)])));

    [Theory]
    [InlineData(null, null, null, 32_764, int.MaxValue)]
    [InlineData("https://mine.openai.azure.com/openai/v1", null, null, 32_764, int.MaxValue)]
    [InlineData("http://127.0.0.1:8080/v1", null, null, 32_764, 8191)]
    [InlineData("http://127.0.0.1:8080/v1", "512", null, 2048, 512)]
    [InlineData("http://127.0.0.1:8080/v1", "512", "false", 2048, int.MaxValue)]
    public void A_text_that_a_server_may_cut_in_silence_is_sent_alone(string? endpoint, string? tokens, string? cuts, int longest, int aloneAbove)
    {
        var limits = Bind(("Provider", "openai"), ("Endpoint", endpoint), ("MaxTextTokens", tokens), ("CutsLongTexts", cuts)).Limits;

        Assert.Equal((longest, aloneAbove), (limits.MaxTextBytes, limits.AloneAbove));
    }

    [Fact]
    public void All_problems_are_found_at_once()
        => Assert.Equal(3, new EmbeddingOptionsValidator().Validate(null, Bind(("BatchSize", "0"), ("Concurrency", "0"), ("Provider", "x"))).Failures!.Count());

    [Fact]
    public void The_options_do_not_tell_the_key()
        => Assert.Equal("openai m", Bind(("Provider", "openai"), ("Model", "m"), ("ApiKey", "sk-test-1234567890")).ToString());

    private static EmbeddingOptions Bind(params (string Key, string? Value)[] settings)
    {
        var given = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (key, value) in settings.Where(setting => setting.Value is not null))
            given[$"Embeddings:{key}"] = value;
        var options = new EmbeddingOptions();
        new ConfigurationBuilder().AddInMemoryCollection(given).Build().GetSection(EmbeddingOptions.Section).Bind(options);
        return options;
    }
}
