using System.Net;
using System.Net.Http.Json;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Database.Tests;

public sealed class ApiTests(AssemblyStack stack)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_anonymous_key_is_told_204_and_changes_nothing_while_the_service_key_changes_the_row()
    {
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);
        var (url, anonKey, serviceKey) = await stack.Postgres.StartApiAsync(database, Cancel);
        var id = await database.ScalarAsync<Guid>("select id from stories order by id limit 1", Cancel);
        using var http = new HttpClient { BaseAddress = new Uri($"{url}/rest/v1/") };
        var vector = new { embedding = $"[{string.Join(',', Enumerable.Repeat("0.5", 1536))}]" };

        var (readCode, body) = await SendAsync(http, HttpMethod.Get, $"stories?select=id&id=eq.{id}", anonKey, content: null);
        Assert.Equal(HttpStatusCode.OK, readCode);
        Assert.Contains(id.ToString(), body, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(http, HttpMethod.Patch, $"stories?id=eq.{id}", anonKey, vector)).Code);
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(embedding) from stories", Cancel));

        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(http, HttpMethod.Patch, $"stories?id=eq.{id}", serviceKey, vector)).Code);
        Assert.Equal(id, await database.ScalarAsync<Guid>("select id from stories where embedding is not null", Cancel));
    }

    private static async Task<(HttpStatusCode Code, string Body)> SendAsync(HttpClient http, HttpMethod method, string path, string key, object? content)
    {
        using var request = new HttpRequestMessage(method, path);
        if (content is not null) request.Content = JsonContent.Create(content);
        request.Headers.Add("apikey", key);
        using var answer = await http.SendAsync(request, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
