using EmbeddingAdmin.Events;
using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>The recipes of each column, as numbered versions. A recipe that changes gets a new number, and an event says so.</summary>
public sealed class RecipeBook(NpgsqlDataSource database)
{
    /// <summary>The versions of a column's recipe, the one that was chosen last first.</summary>
    /// <param name="column">The column as <see cref="EmbeddingTable.ColumnName"/> spells it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<RecipeInForce>> VersionsAsync(string column, CancellationToken cancel) =>
        [.. (await ReadAsync([column], cancel)).All.Select(known => known.Recipe)];

    /// <summary>
    /// Makes the target's recipe the one in force, because a run begins with it or an operator confirmed it. A recipe that was never used
    /// before gets a number; whenever another was in force until now, an event says so.
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
        await LockAsync(connection, transaction, target.ColumnName, cancel);
        await using var use = new NpgsqlCommand(
            """
            with mine as (select r.* from embedding_admin.recipe r join embedding_admin.vector_column c on c.id = r.vector_column where c.name = $1),
                 last as (select version, identity from mine order by confirmed_at desc, version desc limit 1),
                 again as (update embedding_admin.recipe r set confirmed_at = clock_timestamp(), actor = $4, template = $2 from mine
                            where r.vector_column = mine.vector_column and r.version = mine.version and mine.identity = $3 and mine.identity <> (select identity from last)
                           returning r.version),
                 made as (insert into embedding_admin.recipe (vector_column, version, template, identity, actor)
                          select c.id, coalesce((select max(version) from mine), 0) + 1, $2, $3, $4 from embedding_admin.vector_column c
                           where c.name = $1 and not exists (select from mine where identity = $3)
                          returning version)
            select version, false from last where identity = $3 union all select version, true from again union all select version, true from made
            """, connection, transaction)
        { Parameters = { new() { Value = target.ColumnName }, new() { Value = target.Recipe.Template }, new() { Value = target.Text.Recipe }, new() { Value = actor.Name } } };
        int version;
        bool isChange;
        await using (var reader = await use.ExecuteReaderAsync(cancel))
        {
            await reader.ReadAsync(cancel);
            (version, isChange) = (reader.GetInt32(0), reader.GetBoolean(1));
        }

        if (isChange)
        {
            var source = target.Recipe.Origin == RecipeOrigin.Settings ? "from the settings" : "confirmed in the dashboard";
            await EventLog.RecordAsync(connection, transaction, actor, null, "recipe.version", $"Version {version} of the text recipe of {target.Table.Name} is in force, {source}.", cancel);
        }

        await transaction.CommitAsync(cancel);
        return version;
    }

    /// <summary>The versions of several columns, in one query.</summary>
    internal async Task<RecipeVersions> ReadAsync(string[] columns, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select c.name, r.template, r.version, r.actor, r.confirmed_at, r.identity from embedding_admin.recipe r join embedding_admin.vector_column c on c.id = r.vector_column
             where c.name = any($1) order by c.name, r.confirmed_at desc, r.version desc
            """);
        command.Parameters.Add(new() { Value = columns });
        var versions = new List<RecipeVersion>();
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                versions.Add(new(reader.GetString(0), new(reader.GetString(1), RecipeOrigin.Confirmed, reader.GetInt32(2), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4)), reader.GetString(5)));
        }
        catch (PostgresException absent) when (absent.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            // Our schema is not there yet, so nobody has confirmed anything.
        }

        return new(versions);
    }

    /// <summary>
    /// Holds the column's row, so that two who confirm at once get two numbers. It is a statement of its own: one that waited for the
    /// row would go on with what it saw before the other had committed.
    /// </summary>
    private static async Task LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string column, CancellationToken cancel)
    {
        foreach (var sql in (string[])["insert into embedding_admin.vector_column (name) values ($1) on conflict (name) do nothing", "select from embedding_admin.vector_column where name = $1 for no key update"])
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction) { Parameters = { new() { Value = column } } };
            await command.ExecuteNonQueryAsync(cancel);
        }
    }
}
