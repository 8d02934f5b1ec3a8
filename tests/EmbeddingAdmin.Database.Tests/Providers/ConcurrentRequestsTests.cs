using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Provider;

namespace EmbeddingAdmin.Database.Tests.Providers;

public sealed class ConcurrentRequestsTests
{
    [Fact]
    public async Task Requests_that_are_in_flight_together_never_answer_with_each_others_texts()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var provider = await ScriptedProvider.StartAsync(token: cancel);
        using var embeddings = new OpenAiEmbeddings(new EmbeddingOptions { Provider = "openai", Endpoint = provider.Endpoint, ApiKey = "test" }, 8, TimeProvider.System);

        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancel }, async (request, token) =>
        {
            string[] texts = [.. Enumerable.Range(0, 3).Select(n => $"request {request}, text {n}")];
            var made = await embeddings.GenerateAsync(texts, cancellationToken: token);
            Assert.Empty(Oracle.Differences(made.Select((embedding, n) => new StoredRow($"{request}/{n}", texts[n], embedding.Vector.ToArray()))));
        });
    }
}
