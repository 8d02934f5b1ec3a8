using EmbeddingAdmin.Events;
using EmbeddingAdmin.Text;
using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>By whose word a recipe is in force.</summary>
public enum RecipeOrigin
{
    /// <summary>The settings name it.</summary>
    Settings,
    /// <summary>An operator confirmed it in the dashboard.</summary>
    Confirmed,
    /// <summary>It is a proposal: nothing is embedded with it before somebody confirms it.</summary>
    Proposed,
}

/// <summary>The recipe that a table's texts are made by now.</summary>
/// <param name="Template">The recipe as it was written.</param>
/// <param name="Origin">By whose word.</param>
/// <param name="Version">Its number among the column's recipes; null while no run has used it and nobody has confirmed it.</param>
/// <param name="Actor">Who confirmed it or used it first.</param>
/// <param name="At">When.</param>
public sealed record RecipeInForce(string Template, RecipeOrigin Origin, int? Version = null, string? Actor = null, DateTimeOffset? At = null);

/// <summary>The recipes of each column, as numbered versions. A recipe that changes gets a new number, and an event says so.</summary>
public sealed class RecipeBook(NpgsqlDataSource database)
{
    /// <summary>The versions of a column's recipe, the one that was chosen last first.</summary>
    /// <param name="column">The column as <see cref="Target.ColumnName"/> spells it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<RecipeInForce>> VersionsAsync(string column, CancellationToken cancel) =>
        [.. (await ReadAsync(column, cancel)).Select(known => known.Recipe)];

    /// <summary>The recipe that is in force: that of the settings, else the one confirmed last, else null.</summary>
    internal async Task<RecipeInForce?> InForceAsync(EmbeddingTable table, string column, Func<string, string> identify, CancellationToken cancel)
    {
        var versions = await ReadAsync(column, cancel);
        if (table.Text is null)
            return versions is [var (last, _), ..] ? last : null;
        var identity = identify(table.Text);
        var used = versions.FirstOrDefault(version => version.Identity == identity).Recipe;
        return (used ?? new RecipeInForce(table.Text, RecipeOrigin.Settings)) with { Origin = RecipeOrigin.Settings, Template = table.Text };
    }

    /// <summary>
    /// Makes the target's recipe a version, because a run begins with it or an operator confirmed it, and records that when it is new.
    /// </summary>
    /// <param name="target">The table, resolved with the recipe.</param>
    /// <param name="actor">Whose doing it is.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The version's number.</returns>
    public async Task<int> UseAsync(Target target, Actor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(actor);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var name = new NpgsqlCommand("insert into embedding_admin.vector_column (name) values ($1) on conflict (name) do nothing", connection, transaction) { Parameters = { new() { Value = target.ColumnName } } })
            await name.ExecuteNonQueryAsync(cancel);
        // The column's row is the lock: two who confirm at once get two numbers, one after the other. It is taken by a statement of its
        // own, because a statement sees what was there when it began, not when its lock was granted.
        await using (var hold = new NpgsqlCommand("select from embedding_admin.vector_column where name = $1 for no key update", connection, transaction) { Parameters = { new() { Value = target.ColumnName } } })
            await hold.ExecuteNonQueryAsync(cancel);
        await using var use = new NpgsqlCommand(
            """
            with held as (select id from embedding_admin.vector_column where name = $1),
                 known as (update embedding_admin.recipe r set confirmed_at = clock_timestamp(), template = $2 from held where r.vector_column = held.id and r.identity = $3 returning r.version),
                 made as (insert into embedding_admin.recipe (vector_column, version, template, identity, actor)
                          select held.id, coalesce((select max(version) from embedding_admin.recipe r where r.vector_column = held.id), 0) + 1, $2, $3, $4 from held where not exists (select from known)
                          returning version)
            select version, false from known union all select version, true from made
            """, connection, transaction)
        { Parameters = { new() { Value = target.ColumnName }, new() { Value = target.Recipe.Template }, new() { Value = target.Text.Recipe }, new() { Value = actor.Name } } };
        int version;
        bool isNew;
        await using (var reader = await use.ExecuteReaderAsync(cancel))
        {
            await reader.ReadAsync(cancel);
            (version, isNew) = (reader.GetInt32(0), reader.GetBoolean(1));
        }

        if (isNew)
        {
            var source = target.Recipe.Origin == RecipeOrigin.Settings ? "from the settings" : "confirmed in the dashboard";
            await EventLog.RecordAsync(connection, transaction, actor, null, "recipe.version", $"Version {version} of the text recipe of {target.Table.Name} is in force, {source}.", cancel);
        }

        await transaction.CommitAsync(cancel);
        return version;
    }

    private async Task<IReadOnlyList<(RecipeInForce Recipe, string Identity)>> ReadAsync(string column, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select r.template, r.version, r.actor, r.confirmed_at, r.identity from embedding_admin.recipe r join embedding_admin.vector_column c on c.id = r.vector_column
             where c.name = $1 order by r.confirmed_at desc, r.version desc
            """);
        command.Parameters.Add(new() { Value = column });
        var versions = new List<(RecipeInForce, string)>();
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                versions.Add((new(reader.GetString(0), RecipeOrigin.Confirmed, reader.GetInt32(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3)), reader.GetString(4)));
        }
        catch (PostgresException absent) when (absent.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            // Our schema is not there yet, so nobody has confirmed anything.
        }

        return versions;
    }
}
