using EmbeddingAdmin.Database.Tests;
using EmbeddingAdmin.Testing.Postgres;

[assembly: AssemblyFixture(typeof(AssemblyStack))]
// A test waits for leases, processes and pauses more than it works.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace EmbeddingAdmin.Database.Tests;

/// <summary>One Postgres for all classes of this test program; take it in the constructor.</summary>
public sealed class AssemblyStack : IAsyncLifetime
{
    private TestPostgres? postgres;

    public TestPostgres Postgres => postgres ?? throw new InvalidOperationException("The server has not been started.");

    public async ValueTask InitializeAsync() => postgres = await TestPostgres.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (postgres is not null) await postgres.DisposeAsync();
    }
}
