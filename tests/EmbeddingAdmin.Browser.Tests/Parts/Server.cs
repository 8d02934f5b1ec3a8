using EmbeddingAdmin.Browser.Tests;
using EmbeddingAdmin.Testing.Postgres;

[assembly: AssemblyFixture(typeof(Server))]

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The one Postgres of all fleets, started by the first of them.</summary>
public sealed class Server : IAsyncDisposable
{
    private readonly Lazy<Task<TestPostgres>> _postgres = new(() => TestPostgres.StartAsync(CancellationToken.None));

    /// <summary>A database of its own with the demo's tables.</summary>
    internal async Task<TestDatabase> CloneAsync(CancellationToken cancel) => await (await _postgres.Value.WaitAsync(cancel)).CloneAsync(TestPostgres.Demo, cancel);

    public async ValueTask DisposeAsync()
    {
        if (_postgres.IsValueCreated)
            await (await _postgres.Value).DisposeAsync();
    }
}
