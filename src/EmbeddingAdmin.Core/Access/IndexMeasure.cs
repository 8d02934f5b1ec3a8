using System.Collections.Concurrent;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Measures what the indexes on a vector cost: a few rows get random vectors, the same vectors go into a temporary table without an index, and
/// all of it is rolled back. What is rolled back stays on the disk until a vacuum, so it is not measured again for a while.
/// </summary>
public sealed class IndexMeasure(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>The rows that are tried at most.</summary>
    public const int Rows = 50;

    // The rows are locked so long, and the app must not wait for them.
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan HoldsFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, (string Indexes, WriteRates Rates)> _measured = new(StringComparer.Ordinal);

    /// <summary>Measures, or gives what was measured a moment ago.</summary>
    /// <param name="target">The table.</param>
    /// <param name="facts">What the catalog says of an update of it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<WriteRates> MeasureAsync(Target target, WriteFacts facts, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(facts);
        // Nobody has agreed yet to what they do, and their time would be taken for the index's.
        if (facts.Rules.Count > 0 || facts.Triggers.Any(trigger => trigger.Purpose != TriggerPurpose.Timestamp))
            return Nothing("trying it would set off the table's triggers and rules, whose time could not be told from the index's");
        var indexes = string.Join('\n', facts.VectorIndexes.Select(index => index.Definition));
        if (_measured.TryGetValue(target.ColumnName, out var known) && known.Indexes == indexes && clock.GetUtcNow() - known.Rates.AsOf < HoldsFor)
            return known.Rates;
        try
        {
            var rates = await TryAsync(target, cancel);
            if (rates.With is not null)
                _measured[target.ColumnName] = (indexes, rates);
            return rates;
        }
        catch (PostgresException refused)
        {
            return Nothing($"the database did not let it be tried ({refused.SqlState})");
        }
    }

    private async Task<WriteRates> TryAsync(Target target, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        var keys = new List<string>(Rows);
        await using (var pick = session.Command($"select t.{target.Key}::text from {target.Relation} t where {target.Filter} limit {Rows} for no key update skip locked"))
        await using (var reader = await pick.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
                keys.Add(reader.GetString(0));
        }

        if (keys.Count == 0)
            return Nothing("the table has no row that it could be tried on");
        var vectors = keys.Select(_ => Unit(target.Dimensions)).ToArray();
        await using (var create = session.Command($"create temporary table embedding_admin_rate (vector {target.VectorType}) on commit drop"))
            await create.ExecuteNonQueryAsync(cancel);
        var without = await RateAsync($"insert into pg_temp.embedding_admin_rate select {target.AsColumn("u.v")} from unnest($1) as u(v)", Vectors());
        try
        {
            var with = await RateAsync(
                $"update {target.Relation} t set {target.Vector} = {target.AsColumn("u.v")} from unnest($1::text[]::{target.KeyType}[], $2) as u(k, v) where t.{target.Key} = u.k", keys.ToArray(), Vectors());
            return new(with, without, clock.GetUtcNow());
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return new(keys.Count / StatementTimeout.TotalSeconds, without, clock.GetUtcNow()) { AtMost = true };
        }

        NpgsqlParameter Vectors() => new() { Value = vectors, DataTypeName = $"{target.Facts.VectorSchema}.vector[]" };

        async Task<double> RateAsync(string sql, params object?[] values)
        {
            await using var command = session.Command(sql, values);
            var began = clock.GetTimestamp();
            await command.ExecuteNonQueryAsync(cancel);
            return keys.Count / Math.Max(clock.GetElapsedTime(began).TotalSeconds, 1e-6);
        }
    }

    private WriteRates Nothing(string why) => new(null, null, clock.GetUtcNow()) { Why = why };

    /// <summary>A vector of unit length in a random direction.</summary>
    private static ReadOnlyMemory<float> Unit(int dimensions)
    {
        var vector = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
            vector[i] = Random.Shared.NextSingle() - 0.5f;
        var norm = MathF.Sqrt(vector.Sum(number => number * number));
        return vector.Select(number => number / norm).ToArray();
    }
}
