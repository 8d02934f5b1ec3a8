using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Rows;

/// <summary>How a run dealt with a row.</summary>
/// <param name="Run">The run.</param>
/// <param name="Kind">What it did; null when the run's record is gone.</param>
/// <param name="Actor">Who started it; null when its record is gone.</param>
/// <param name="Outcome">How the row ended.</param>
/// <param name="At">When, by the database's clock.</param>
public sealed record RowDeed(long Run, RunKind? Kind, string? Actor, RowOutcome Outcome, DateTimeOffset At)
{
    /// <summary>The page of the run in which the vector was written; null for an outcome from its list.</summary>
    public int? Page { get; init; }

    /// <summary><c>provider</c> or <c>database</c>, if one is to blame.</summary>
    public string? Stage { get; init; }

    /// <summary>An error code, an HTTP status or an SQLSTATE, if there is one.</summary>
    public string? Code { get; init; }

    /// <summary>The same in a sentence; none of the row's text.</summary>
    public string? Message { get; init; }

    /// <summary>How often the run listed the row.</summary>
    public int Tries { get; init; } = 1;
}

/// <summary>What is known of a row's past.</summary>
/// <param name="Deeds">What runs did with it, the newest first.</param>
/// <param name="IsCut">Whether there are older ones than these.</param>
/// <param name="Why">Why nothing could be read, as a sentence; null when it could.</param>
public sealed record RowPast(IReadOnlyList<RowDeed> Deeds, bool IsCut, string? Why);

/// <summary>
/// Which runs dealt with a row. The list of every run is asked for this one key by its primary key, so that the lists, which may be long, need no
/// index more. Of rows that were simply written no run keeps a list: only the stamp tells, and each writing replaces the one before.
/// </summary>
public sealed class RowHistory(NpgsqlDataSource database, StampBook stamps)
{
    /// <summary>Entries that are told at most.</summary>
    public const int Most = 50;

    /// <summary>The question; $1 is the column and $2 the key. "offset 0" keeps the inner one a question of its own, asked once for each run.</summary>
    internal static string Sql { get; } =
        $"""
        select * from (
          (select r.id, r.kind, r.actor, x.outcome, x.at, null::int, x.stage, x.code, x.message, x.tries
             from embedding_admin.run r
            cross join lateral (select * from embedding_admin.row_result y where y.run = r.id and y.row_key = $2 offset 0) x
            where r.vector_column = $1 order by r.id desc limit {Most + 1})
          union all
          select s.run, r.kind, r.actor, 'written', s.at, s.page, null, null, null, 1
            from embedding_admin.stamp s left join embedding_admin.run r on r.id = s.run
           where s.vector_column = $1 and s.row_key = $2) deed (run, kind, actor, outcome, at, page, stage, code, message, tries)
         order by at desc, run desc limit {Most + 1}
        """;

    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The row's past by its key; a key that no row can have has none.</summary>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public async Task<RowPast> ReadAsync(Target target, string typed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (RowKey.Read(target, typed) is not { } key)
            return new([], false, null);
        var column = await stamps.ColumnAsync(target.ColumnName, cancel);
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using var command = session.Command(Sql, column, new NpgsqlParameter { Value = key, NpgsqlDbType = NpgsqlDbType.Text });
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var deeds = new List<RowDeed>();
            while (await reader.ReadAsync(cancel))
                deeds.Add(Deed(reader));
            return new([.. deeds.Take(Most)], deeds.Count > Most, null);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return new([], false, $"Asking the lists of all runs took longer than {StatementTimeout.TotalSeconds:0} s and was given up. Load the page again when the database has less to do.");
        }
    }

    private static RowDeed Deed(NpgsqlDataReader reader)
    {
        return new(
            reader.GetInt64(0), Text(1) is { } kind ? Enum.Parse<RunKind>(kind, ignoreCase: true) : null, Text(2), Receipt.Parse(reader.GetString(3)), reader.GetFieldValue<DateTimeOffset>(4))
        {
            Page = reader.IsDBNull(5) ? null : reader.GetInt32(5),
            Stage = Text(6),
            Code = Text(7),
            Message = Text(8),
            Tries = reader.GetInt32(9),
        };

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }
}
