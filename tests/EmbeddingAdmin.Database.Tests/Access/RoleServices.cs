using System.Globalization;
using EmbeddingAdmin.Database.Tests.Engine;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>The engine as a role of its own, which may use our schema and nothing else but what it is granted.</summary>
internal sealed record RoleServices(string Role, ServiceProvider Services) : IAsyncDisposable
{
    /// <param name="engine">The database and the provider.</param>
    /// <param name="sql">What the role is granted, and whatever else the test wants; {0} stands for the database, {1} for the role.</param>
    public static async Task<RoleServices> MakeAsync(TestEngine engine, string sql)
    {
        // Roles belong to the cluster, so each database has its own.
        var role = $"writer_{engine.Database.Name}";
        await engine.Database.ExecuteAsync(
            $"""
            drop role if exists {role}; create role {role} login password 'pass';
            grant usage on schema public, extensions, embedding_admin to {role};
            grant all on all tables in schema embedding_admin to {role}; grant all on all sequences in schema embedding_admin to {role};
            {string.Format(CultureInfo.InvariantCulture, sql, engine.Database.Name, role)}
            """, TestEngine.Cancel);
        return new(role, engine.Another(new NpgsqlConnectionStringBuilder(engine.Database.ConnectionString) { Username = role, Password = "pass" }.ConnectionString));
    }

    public ValueTask DisposeAsync() => Services.DisposeAsync();
}
