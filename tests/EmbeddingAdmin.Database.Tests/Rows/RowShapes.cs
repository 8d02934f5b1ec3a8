using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Rows;

/// <summary>Tables of other shapes than the engine's own, each with names that have to be quoted, in the engine's database.</summary>
internal static class RowShapes
{
    /// <summary>Each type of key, with an expression that makes one from a number <c>n</c>.</summary>
    public static TheoryData<string, string> Keys => new()
    {
        { "uuid", "md5(n::text)::uuid" },
        { "int", "(n * 3 - 60)::int" },
        { "bigint", "n * 30000000000 - 900000000000" },
        { "text", "case n % 5 when 0 then 'a/b/' || n when 1 then n || '/' when 2 then './../' || n when 3 then 'ключ 100% ?#&+' || n else '🦊\"''\\' || n end" },
    };

    /// <summary>An engine with a table of 130 rows whose keys are of that type, and what reads it.</summary>
    public static async Task<(TestEngine Engine, ServiceProvider Services)> StartAsync(TestPostgres postgres, string type, string key, int rows = 130, params (string Key, string Value)[] settings)
    {
        var engine = await TestEngine.StartAsync(postgres, 0);
        await engine.Database.ExecuteAsync(
            $""""
            create schema "Odd ""names""";
            create table "Odd ""names"""."Table; of rows" ("The key" {type} primary key, "Body text" text, kind text, "Vec tor" extensions.vector({TestEngine.Dimensions}));
            insert into "Odd ""names"""."Table; of rows" select {key}, 'text ' || n, case when n % 2 = 0 then 'even' end from generate_series(1, {rows}) n
            """", TestEngine.Cancel);
        return (engine, engine.Another(null, [
            ("Tables:0:Schema", "Odd \"names\""), ("Tables:0:Table", "Table; of rows"), ("Tables:0:Vector", "Vec tor"),
            ("Tables:0:Text", "{Body text}\nKind: {kind}"), .. settings]));
    }

    public static Task<Target> TargetAsync(this IServiceProvider services)
    {
        var catalog = services.GetRequiredService<TableCatalog>();
        return catalog.ResolveAsync(catalog.Tables[0], TestEngine.Cancel);
    }

    /// <summary>The keys in the database's own order.</summary>
    public static async Task<IReadOnlyList<string>> OrderedAsync(this TestEngine engine) =>
        await engine.Database.ScalarAsync<string[]>(""""select array_agg("The key"::text order by "The key") from "Odd ""names"""."Table; of rows" """", TestEngine.Cancel) ?? [];
}

/// <summary>An engine and services beside it, disposed together.</summary>
internal static class Owned
{
    public static IAsyncDisposable Own(this (TestEngine Engine, ServiceProvider Services) both) => new Pair(both.Engine, both.Services);

    private sealed class Pair(TestEngine engine, ServiceProvider services) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await services.DisposeAsync();
            await engine.DisposeAsync();
        }
    }
}
