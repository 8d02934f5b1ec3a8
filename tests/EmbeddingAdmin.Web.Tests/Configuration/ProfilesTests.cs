using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Web.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.Tests.Configuration;

/// <summary>The profiles that <c>appsettings.json</c> brings along, and those that somebody adds.</summary>
public sealed class ProfilesTests
{
    [Theory]
    [InlineData("azure", "https://mine.openai.azure.com/openai/v1", "my-deployment", "api-key", 256, int.MaxValue)]
    [InlineData("ollama", null, null, "Authorization", 64, 2048)]
    [InlineData("vllm", null, "bge-m3", "Authorization", 128, int.MaxValue)]
    [InlineData("tei", null, null, "Authorization", 32, 512)]
    [InlineData("lmstudio", null, "nomic", "Authorization", 64, 2048)]
    [InlineData("litellm", null, "any", "Authorization", 256, 8191)]
    public void A_profile_is_all_that_a_known_server_needs(string profile, string? endpoint, string? model, string header, int texts, int aloneAbove)
    {
        var configuration = Shipped(("Embeddings:Profile", profile), ("Embeddings:Endpoint", endpoint), ("Embeddings:Model", model), ("Embeddings:ApiKey", profile == "azure" ? "0123456789abcdef" : null));

        var options = Options(configuration);
        Assert.Empty(SettingsCheck.Problems(configuration, "/", TimeProvider.System));
        Assert.Empty(UnknownSettings.Of(configuration));
        Assert.Equal(("openai", header), (options.Provider, options.KeyHeader));
        using var provider = EmbeddingProviders.Create(options, 768, TimeProvider.System);
        Assert.Equal((texts, aloneAbove), (provider.Limits.MaxItems, provider.Limits.AloneAbove));
        Assert.Equal(endpoint is null ? "127.0.0.1" : "mine.openai.azure.com", provider.Model.Host.Split(':')[0]);
        Assert.Contains(provider.Model.Host, provider.Notice, StringComparison.Ordinal);
        if (model is not null)
            Assert.Equal(model, provider.Model.Model);
    }

    [Fact]
    public void What_the_section_itself_says_counts_before_its_profile()
    {
        var options = Options(Shipped(("Embeddings:Profile", "tei"), ("Embeddings:BatchSize", "16"), ("Embeddings:Endpoint", "http://127.0.0.1:9090/v1")));

        Assert.Equal((16, "http://127.0.0.1:9090/v1", 512, false), (options.BatchSize, options.Endpoint, options.MaxTextTokens, options.SendDimensions));
    }

    [Fact]
    public void Another_server_is_an_entry_and_no_code()
    {
        var options = Options(Shipped(("Profiles:ours:Endpoint", "https://embeddings.example.com/v1"), ("Profiles:ours:Model", "e5"), ("Profiles:ours:UnitLength", "true"), ("Embeddings:Profile", "Ours")));

        Assert.Equal(("https://embeddings.example.com/v1", "e5", true), (options.Endpoint, options.Model, options.UnitLength));
    }

    [Theory]
    [InlineData("Embeddings:Profile", "olama", "Embeddings:Profile", "azure, litellm, lmstudio, ollama, tei, vllm")]
    [InlineData("Embeddings:Profile", "azure", "Embeddings:Endpoint", "https://<resource>.openai.azure.com/openai/v1")]
    [InlineData("Embeddings:Profile", "vllm", "Embeddings:Model", "Set the one that the server runs")]
    public void A_profile_that_is_not_enough_says_what_is_missing(string setting, string value, string named, string telling)
    {
        var problems = SettingsCheck.Problems(Shipped((setting, value)), "/", TimeProvider.System);

        Assert.Contains(problems, problem => problem.Setting == named && problem.Sentence.Contains(telling, StringComparison.Ordinal));
    }

    [Fact]
    public void A_misspelt_name_in_a_profile_is_said()
    {
        var problem = Assert.Single(UnknownSettings.Of(Shipped(("Profiles:ours:Endpiont", "https://embeddings.example.com/v1"))));

        Assert.Equal(("EA-CFG-10", "Profiles:ours:Endpiont"), (problem.Code, problem.Setting));
    }

    private static ConfigurationManager Shipped(params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationManager();
        configuration.Sources.Clear();
        configuration.AddJsonFile(Path.Combine(Root(), "appsettings.json"));
        configuration.AddCommandLine([.. settings.Where(setting => setting.Value is not null).Select(setting => $"--{setting.Key}={setting.Value}")]);
        SettingsLayers.Arrange(configuration, "/no/such/folder");
        return configuration;
    }

    private static EmbeddingOptions Options(ConfigurationManager configuration)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(configuration);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<EmbeddingOptions>>().Value;
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EmbeddingAdmin.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
