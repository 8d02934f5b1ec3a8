using System.Globalization;
using System.Text.Json;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;
using Npgsql;

namespace EmbeddingAdmin.Rows;

/// <summary>
/// Finds the rows whose vectors point where a vector does: what a search by meaning finds. Where the column has an index for that, it is asked as
/// well as every row, so that it shows what the index misses.
/// </summary>
public sealed class Neighbours(NpgsqlDataSource database)
{
    /// <summary>Rows that are looked for.</summary>
    public const int Most = 5;

    /// <summary>Takes from the planner every way but an index that gives the order itself. A small table would be read whole otherwise, and the index never be asked.</summary>
    internal const string ByIndexOnly = "set local enable_seqscan = off; set local enable_sort = off";

    /// <summary>Takes the indexes from the planner, so that every row is compared.</summary>
    internal const string ByScanOnly = "set local enable_indexscan = off; set local enable_bitmapscan = off";

    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The nearest rows to a row by cosine, the row itself left out.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>: the role may not read the table.</exception>
    public async Task<NearestRows> FindAsync(Target target, string typed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (RowKey.Read(target, typed) is not { } key)
            return new([], "There is no such row.");
        try
        {
            return await VectorAsync(target, key, cancel) is { } vector ? await FindAsync(target, vector, key, cancel) : new([], "The row has no vector to compare.");
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    /// <summary>The nearest rows to any vector by cosine.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>: the role may not read the table.</exception>
    public async Task<NearestRows> FindAsync(Target target, ReadOnlyMemory<float> vector, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            return await FindAsync(target, vector, null, cancel);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    /// <summary>The statement of both ways; $1 is the vector, and $2 the key to leave out, if there is one.</summary>
    internal static string Sql(Target target, int dimensions, bool except)
    {
        var distance = $"t.{target.Vector} operator({SqlName.Of(target.Facts.VectorSchema)}.<=>) {target.AsColumn("$1")}";
        // Only a column without a size can hold vectors of several lengths, and comparing two of them is an error.
        var comparable = target.Facts.Columns.Single(column => column.Name == target.Table.Vector).TypeModifier >= 1
            ? "true"
            : $"{target.Function("vector_dims")}(t.{target.Vector}) = {dimensions.ToString(CultureInfo.InvariantCulture)}";
        return $"""
            select n.key, n.distance, left(n.text, {Neighbour.MostCharacters}), char_length(n.text) > {Neighbour.MostCharacters}
              from (select t.{target.Key}::text as key, {distance} as distance, {target.Text.Expression} as text
                      from {target.Relation} t
                     where t.{target.Vector} is not null {(except ? $"and t.{target.Key} <> $2::{target.KeyType}" : "")} and {target.Filter} and {comparable}
                     order by {distance} limit {Most}) n
             order by n.distance
            """;
    }

    private async Task<NearestRows> FindAsync(Target target, ReadOnlyMemory<float> vector, string? except, CancellationToken cancel)
    {
        if (VectorCheck.Norm(vector.Span) == 0)
            return new([], "The vector has no direction, so that it is as near to one row as to any other.");
        var (index, byIndex) = await ByIndexAsync(target, vector, except, cancel);
        if (await ByScanAsync(target, vector, except, cancel) is { } rows)
            return new(rows, rows.Count == 0 ? "No other row has a vector that this one can be compared with." : null, true, index, byIndex);
        return byIndex is { Count: > 0 }
            ? new(byIndex, null, false, index, byIndex)
            : new([], $"Comparing this vector with all others took longer than {StatementTimeout.TotalSeconds:0} s and was given up. {(index is null ? "An index on the column for cosine distance makes it quick." : $"The index {index.Name} found nothing.")}", false, index);
    }

    private async Task<ReadOnlyMemory<float>?> VectorAsync(Target target, string key, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command($"select {target.AsVector($"t.{target.Vector}")} from {target.Relation} t where t.{target.Key} = $1::{target.KeyType}", key);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) && !await reader.IsDBNullAsync(0, cancel) ? reader.GetFieldValue<ReadOnlyMemory<float>>(0) : null;
    }

    private async Task<IReadOnlyList<Neighbour>?> ByScanAsync(Target target, ReadOnlyMemory<float> vector, string? except, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await session.ExecuteAsync(ByScanOnly, cancel);
        return await ReadAsync(session, target, vector, except, cancel);
    }

    private async Task<(CosineIndex? Index, IReadOnlyList<Neighbour>? Rows)> ByIndexAsync(Target target, ReadOnlyMemory<float> vector, string? except, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await session.ExecuteAsync(ByIndexOnly, cancel);
        // Which index can answer, if any, only the planner knows: there are other operators, casts, conditions, and broken ones.
        var index = await IndexAsync(session, target, vector, except, cancel);
        return (index, index is null ? null : await ReadAsync(session, target, vector, except, cancel));
    }

    private static async Task<CosineIndex?> IndexAsync(TableSession session, Target target, ReadOnlyMemory<float> vector, string? except, CancellationToken cancel)
    {
        string plan;
        await using (var explain = Command(session, $"explain (format json, verbose, costs off) {Sql(target, vector.Length, except is not null)}", vector, except))
            plan = (string)(await explain.ExecuteScalarAsync(cancel))!;
        using var json = JsonDocument.Parse(plan);
        if (Ordering(json.RootElement[0].GetProperty("Plan")) is not var (schema, name))
            return null;
        // Only now that the index was planned with has the extension brought its settings.
        await using var command = session.Command(
            """
            select m.amname::text, current_setting('hnsw.ef_search', true), current_setting('ivfflat.probes', true)
              from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_am m on m.oid = c.relam where n.nspname = $1 and c.relname = $2
            """, schema, name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        var method = reader.GetString(0);
        var (setting, column) = method == "ivfflat" ? ("ivfflat.probes", 2) : ("hnsw.ef_search", 1);
        return new(name, method, await reader.IsDBNullAsync(column, cancel) ? null : $"{setting} is {reader.GetString(column)}");
    }

    /// <summary>The index of a plan that gives the order by itself; of a partitioned table the first of several.</summary>
    private static (string Schema, string Name)? Ordering(JsonElement node)
    {
        if (node.TryGetProperty("Index Name", out var name) && node.TryGetProperty("Order By", out _))
            return (node.GetProperty("Schema").GetString()!, name.GetString()!);
        if (!node.TryGetProperty("Plans", out var below))
            return null;
        return below.EnumerateArray().Select(Ordering).FirstOrDefault(found => found is not null);
    }

    /// <summary>The rows; null when it took too long.</summary>
    private static async Task<IReadOnlyList<Neighbour>?> ReadAsync(TableSession session, Target target, ReadOnlyMemory<float> vector, string? except, CancellationToken cancel)
    {
        try
        {
            await using var command = Command(session, Sql(target, vector.Length, except is not null), vector, except);
            var rows = new List<Neighbour>(Most);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                // From a vector without direction there is no distance.
                if (!await reader.IsDBNullAsync(1, cancel) && double.IsFinite(reader.GetDouble(1)))
                    rows.Add(new(reader.GetString(0), reader.GetDouble(1), reader.GetString(2), reader.GetBoolean(3)));
            }

            return rows;
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return null;
        }
    }

    private static NpgsqlCommand Command(TableSession session, string sql, ReadOnlyMemory<float> vector, string? except) =>
        except is null ? session.Command(sql, vector) : session.Command(sql, vector, except);
}
