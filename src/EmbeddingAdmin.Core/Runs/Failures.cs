using System.Runtime.CompilerServices;
using EmbeddingAdmin.Writing;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Runs;

/// <summary>Why rows of a run are listed: what is the same for all rows of a group.</summary>
/// <param name="Outcome">How they ended.</param>
/// <param name="Stage"><c>provider</c> or <c>database</c>, if one is to blame.</param>
/// <param name="Code">An error code, an HTTP status or an SQLSTATE, if there is one.</param>
public sealed record FailureCause(RowOutcome Outcome, string? Stage = null, string? Code = null);

/// <summary>The listed rows of a run with one cause.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="IsFailure">Whether there is something to mend; false for rows that were deleted or have nothing to embed.</param>
/// <param name="Rows">How many there are.</param>
/// <param name="Example">The first of them by its key.</param>
/// <param name="MostTries">How often the row was listed that was listed most often.</param>
public sealed record FailureGroup(FailureCause Cause, bool IsFailure, long Rows, FailedRow Example, int MostTries);

/// <summary>A listed row. None of its text is kept.</summary>
/// <param name="Key">Its key as text.</param>
/// <param name="Cause">Why it is listed.</param>
/// <param name="Tries">How often it was.</param>
/// <param name="Message">The same in a sentence, if one says more than the outcome.</param>
/// <param name="At">When it was last listed, by the database's clock.</param>
public sealed record FailedRow(string Key, FailureCause Cause, int Tries, string? Message, DateTimeOffset At);

/// <summary>A run that has ended and has failures.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Kind">What it did.</param>
/// <param name="Rows">Its failures; null when they were not counted.</param>
/// <param name="At">When it ended; null when that is not known.</param>
public sealed record FailedRun(long Id, RunKind Kind, long? Rows, DateTimeOffset? At);

/// <summary>The rows of runs that were not simply written (<c>embedding_admin.row_result</c>), by cause; grouped and counted by the database.</summary>
public sealed class Failures(NpgsqlDataSource database)
{
    private const int MostRunsLookedAt = 20;
    private const string Columns = "x.row_key, x.outcome, x.stage, x.code, x.tries, x.message, x.at";

    /// <summary>
    /// The outcomes that somebody can mend and that <c>failed in run N</c> takes. Of a verification, whose list is what it found, rows without a vector
    /// count as well; of a backfill they are only rows whose turn did not come.
    /// </summary>
    internal static string IsFailure(string row) =>
        $"""
        ({row}.outcome in ('failed', 'tooLong', 'changed', 'blocked', 'reverted', 'unverified')
          or {row}.outcome = 'notAttempted' and exists (select from embedding_admin.run v where v.id = {row}.run and v.kind = 'verify'))
        """;

    /// <summary>The listed rows by cause: failures first, and of these the largest group first.</summary>
    public async Task<IReadOnlyList<FailureGroup>> GroupsAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"""
            select {Columns}, g.failure, g.rows, g.tries
              from (select outcome, stage, code, {IsFailure("r")} as failure, count(*) as rows, min(row_key) as first, max(tries) as tries
                      from embedding_admin.row_result r where run = $1 group by 1, 2, 3, 4) g
              join embedding_admin.row_result x on x.run = $1 and x.row_key = g.first
             order by g.failure desc, g.rows desc, x.outcome, x.stage, x.code
            """);
        command.Parameters.Add(new() { Value = run });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var groups = new List<FailureGroup>();
        while (await reader.ReadAsync(cancel))
        {
            var example = Read(reader);
            groups.Add(new(example.Cause, reader.GetBoolean(7), reader.GetInt64(8), example, reader.GetInt32(9)));
        }

        return groups;
    }

    /// <summary>Rows of one cause behind a key, in the order of their keys as text.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cause">The cause.</param>
    /// <param name="afterKey">The key behind which the page begins; null for the first.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancel">Ends the question.</param>
    public async Task<IReadOnlyList<FailedRow>> RowsAsync(long run, FailureCause cause, string? afterKey, int most, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(cause);
        await using var command = database.CreateCommand(
            $"""
            select {Columns} from embedding_admin.row_result x
             where x.run = $1 and x.outcome = $2 and x.stage is not distinct from $3 and x.code is not distinct from $4 and ($5::text is null or x.row_key > $5)
             order by x.row_key limit $6
            """);
        command.Parameters.Add(new() { Value = run });
        foreach (var value in new[] { Receipt.Name(cause.Outcome), cause.Stage, cause.Code, afterKey })
            command.Parameters.Add(new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<FailedRow>();
        while (await reader.ReadAsync(cancel))
            rows.Add(Read(reader));
        return rows;
    }

    /// <summary>All failures of a run in the order of their keys, as they come from the database.</summary>
    public async IAsyncEnumerable<FailedRow> AllAsync(long run, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"select {Columns} from embedding_admin.row_result x where x.run = $1 and {IsFailure("x")} order by x.row_key");
        // However long the reader of the list takes; who goes away ends it.
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = run });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            yield return Read(reader);
    }

    /// <summary>The newest runs of a table that have ended with failures, the newest first.</summary>
    public async Task<IReadOnlyList<FailedRun>> LatestAsync(string table, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"""
            select r.id, r.kind, f.rows, r.ended_at
              from (select id, kind, ended_at from embedding_admin.run where target = $1 and ended_at is not null order by id desc limit {MostRunsLookedAt}) r
             cross join lateral (select count(*) as rows from embedding_admin.row_result x where x.run = r.id and {IsFailure("x")}) f
             where f.rows > 0 order by r.id desc limit $2
            """);
        command.Parameters.Add(new() { Value = table });
        command.Parameters.Add(new() { Value = most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var runs = new List<FailedRun>();
        while (await reader.ReadAsync(cancel))
            runs.Add(new(reader.GetInt64(0), Enum.Parse<RunKind>(reader.GetString(1), ignoreCase: true), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3)));
        return runs;
    }

    /// <summary>The runs that were started over this run's failures, oldest first.</summary>
    public async Task<IReadOnlyList<long>> RetriesAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select coalesce(array_agg(id order by id), '{}') from embedding_admin.run where (plan ->> 'failedIn')::bigint = $1");
        command.Parameters.Add(new() { Value = run });
        return (long[])(await command.ExecuteScalarAsync(cancel))!;
    }

    private static FailedRow Read(NpgsqlDataReader reader)
    {
        return new(reader.GetString(0), new(Receipt.Parse(reader.GetString(1)), Text(2), Text(3)), reader.GetInt32(4), Text(5), reader.GetFieldValue<DateTimeOffset>(6));

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }
}
