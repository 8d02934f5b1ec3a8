using System.Collections.Concurrent;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Coverage;

/// <summary>
/// The first answer about a large table, at once and with what it rests on: the last count and our own writes since; else the partial index on what is
/// missing; else the database's statistics. The exact count comes behind it.
/// </summary>
public sealed class CoverageGlance(NpgsqlDataSource database, TableCatalog catalog, CoverageCounter counter, IOptions<CoverageOptions> options, TimeProvider clock)
{
    // An answer that takes longer is none at once.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    // The shape of a table changes seldom, and a first answer is corrected a moment later.
    private static readonly TimeSpan ShapeFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Shape> _shapes = new(StringComparer.Ordinal);

    /// <summary>What can be said at once; null when nothing can, or when the table is small enough to be counted right away.</summary>
    /// <param name="table">The table.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public async Task<TableCoverage?> ReadAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        // Where there was no count a moment ago, both are asked at once.
        var ahead = _shapes.TryGetValue(table.Name, out var last) && last.Answers && clock.GetElapsedTime(last.At) < ShapeFor ? ByIndexAsync(last.Target, cancel) : null;
        if (await counter.ReadAsync(table, cancel) is { } counted)
            return counted;
        if (ahead is not null && await ahead is { } found)
            return found;
        var (target, hasIndex) = await ShapeAsync(table, cancel);
        if (options.Value.IsSmall(target.Facts.EstimatedRows))
            return null;
        // Neither the index nor the statistics know which rows the filter leaves.
        if (target.Filter != "true")
            return null;
        if (!hasIndex || await ByIndexAsync(target, cancel) is not { } answer)
            return await ByStatisticsAsync(target, cancel);
        _shapes[table.Name] = _shapes[table.Name] with { Answers = true };
        return answer;
    }

    /// <summary>The partial index that makes counting fast, there or to be made; null for a table that is counted quickly without it.</summary>
    /// <param name="table">The table.</param>
    /// <param name="counted">The table's coverage, for its size and that of the index.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public async Task<MissingIndex?> MissingIndexAsync(EmbeddingTable table, TableCoverage counted, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(counted);
        return counted.Total < MissingIndex.WorthFrom ? null
            : await MissingIndex.FindAsync(database, await catalog.ResolveAsync(table, cancel), counted.Total - counted.Embedded, cancel);
    }

    /// <summary>A table as it was a moment ago.</summary>
    /// <param name="At">When it was looked at.</param>
    /// <param name="Target">The table.</param>
    /// <param name="HasIndex">Whether it has the partial index.</param>
    /// <param name="Answers">Whether the index was what answered.</param>
    private sealed record Shape(long At, Target Target, bool HasIndex, bool Answers);

    private async Task<(Target Target, bool HasIndex)> ShapeAsync(EmbeddingTable table, CancellationToken cancel)
    {
        if (_shapes.TryGetValue(table.Name, out var known) && clock.GetElapsedTime(known.At) < ShapeFor)
            return (known.Target, known.HasIndex);
        var target = await catalog.ResolveAsync(table, cancel);
        var index = await MissingIndex.FindAsync(database, target, null, cancel);
        _shapes[table.Name] = new(clock.GetTimestamp(), target, index.Name is not null, Answers: false);
        return (target, index.Name is not null);
    }

    private async Task<TableCoverage?> ByIndexAsync(Target target, CancellationToken cancel)
    {
        try
        {
            await using var batch = TableSession.AtOnce(
                database, Patience, $"select (select greatest(reltuples, 0)::bigint from pg_class where oid = $1), (select count(*) from {target.Relation} t where t.{target.Vector} is null), statement_timestamp()",
                new NpgsqlParameter { Value = target.Facts.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            await reader.NextResultAsync(cancel);
            await reader.ReadAsync(cancel);
            var (without, at) = (reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2));
            var total = Math.Max(without, reader.GetInt64(0));
            return Of(target, new(total, Basis.Statistics, at), new(total - without, Basis.Index, at));
        }
        catch (PostgresException unanswered) when (unanswered.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.InsufficientPrivilege)
        {
            return null;
        }
    }

    private async Task<TableCoverage?> ByStatisticsAsync(Target target, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select (select null_frac from pg_stats where schemaname = $2 and tablename = $3 and attname = $4 order by inherited desc limit 1),
                   coalesce(greatest(a.last_analyze, a.last_autoanalyze), statement_timestamp())
              from (select $1::oid as oid) r left join pg_stat_all_tables a on a.relid = r.oid
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = target.Facts.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
        foreach (var name in new[] { target.Table.Schema, target.Table.Table, target.Table.Vector })
            command.Parameters.Add(new() { Value = name });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel) || await reader.IsDBNullAsync(0, cancel))
            return null;
        var (missing, at) = (reader.GetFloat(0), reader.GetFieldValue<DateTimeOffset>(1));
        var rows = (long)target.Facts.EstimatedRows;
        return Of(target, new(rows, Basis.Statistics, at), new((long)Math.Round(rows * (1 - (double)missing)), Basis.Statistics, at));
    }

    private static TableCoverage Of(Target target, Figure rows, Figure withVector) => new()
    {
        Table = target.Table.Name,
        Column = target.Table.Vector,
        Rows = rows,
        WithVector = withVector,
        Figures = CoverageStates.InOrder.ToDictionary(state => state, _ => (Figure?)null),
        CatalogRows = target.Facts.EstimatedRows,
    };
}
