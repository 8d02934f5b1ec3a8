using System.Collections.Concurrent;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Writing;

/// <summary>Gives columns and origins ("made from") their ids in <c>embedding_admin</c>. An id never changes, so it is asked for once.</summary>
public sealed class StampBook(NpgsqlDataSource database, ProviderSource providers)
{
    private readonly ConcurrentDictionary<string, int> _columns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(EmbeddingModel Model, string Recipe), int> _origins = new();

    /// <summary>The id of the target's column, and of what a vector would be made from if a run began now.</summary>
    public async Task<(int Column, int MadeFrom)> CurrentAsync(Target target, CancellationToken cancel) =>
        (await ColumnAsync(target.ColumnName, cancel), await OriginAsync(providers.For(target).Model, target.Text.Recipe, cancel));

    /// <summary>The id of the column called <c>schema.table.column</c>.</summary>
    public async Task<int> ColumnAsync(string name, CancellationToken cancel)
    {
        if (_columns.TryGetValue(name, out var known))
            return known;
        await using var command = database.CreateCommand(
            """
            with made as (insert into embedding_admin.vector_column (name) values ($1) on conflict (name) do nothing returning id)
            select id from made union all select id from embedding_admin.vector_column where name = $1
            """);
        command.Parameters.Add(new() { Value = name });
        return _columns[name] = await IdAsync(command, cancel);
    }

    /// <summary>The id of a model with a recipe.</summary>
    public async Task<int> OriginAsync(EmbeddingModel model, string recipe, CancellationToken cancel)
    {
        if (_origins.TryGetValue((model, recipe), out var known))
            return known;
        await using var command = database.CreateCommand(
            """
            with made as (insert into embedding_admin.made_from (provider, host, model, dimensions, recipe) values ($1, $2, $3, $4, $5) on conflict do nothing returning id)
            select id from made union all
            select id from embedding_admin.made_from where (provider, host, model, dimensions, recipe) = ($1, $2, $3, $4, $5)
            """);
        foreach (var value in new object[] { model.Provider, model.Host, model.Model, model.Dimensions, recipe })
            command.Parameters.Add(new() { Value = value });
        return _origins[(model, recipe)] = await IdAsync(command, cancel);
    }

    private static async Task<int> IdAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        // Two who insert at once: the loser's insert does nothing and its snapshot does not see the winner's row yet; the second look does.
        var id = await command.ExecuteScalarAsync(cancel) ?? await command.ExecuteScalarAsync(cancel);
        return (int)id!;
    }
}
