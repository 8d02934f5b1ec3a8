using System.Security.Cryptography;
using System.Text;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Coverage;

/// <summary>
/// Examines every row of a large table, page by page along the key, and counts the rows by state. It rests as the settings say, its place
/// is a row of our schema, and whoever holds that row is the only one who scans the column: one that dies is gone on with where it was.
/// </summary>
public sealed class CoverageScan(NpgsqlDataSource database, StampBook stamps, IOptions<CoverageOptions> options, TimeProvider clock)
{
    private const int FirstPage = 200;
    private const int LargestPage = 5_000;

    // In seconds. A page takes at most as long as a statement may.
    private const int Lease = 20;

    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(4);
    // An older result is looked for again when somebody looks on.
    private static readonly TimeSpan GoodFor = TimeSpan.FromHours(1);

    private static readonly TimeSpan GoodPage = TimeSpan.FromMilliseconds(250);

    /// <summary>What is known of the scans of a target's column.</summary>
    public async Task<ScanReport> ReadAsync(Target target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        var (column, madeFrom) = await stamps.CurrentAsync(target, cancel);
        await using var command = database.CreateCommand(
            """
            select case when s.definition = $2 then s.began_at end, s.looked, s.trouble, s.done_definition = $2, s.done_began_at, s.done_at, s.done_counts,
                   s.done_began_at < clock_timestamp() - $3
                     or exists (select from embedding_admin.run r where r.vector_column = $1 and r.kind = 'backfill' and r.ended_at > s.done_began_at)
              from embedding_admin.coverage_scan s where s.vector_column = $1
            """);
        foreach (var value in new object[] { column, Definition(target, madeFrom), GoodFor })
            command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return new(null, null, Ripe: true);
        var progress = await reader.IsDBNullAsync(0, cancel) ? null
            : new ScanProgress(reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt64(1), await reader.IsDBNullAsync(2, cancel) ? null : reader.GetString(2));
        if (await reader.IsDBNullAsync(3, cancel) || !reader.GetBoolean(3))
            return new(progress, null, Ripe: true);
        var counts = reader.GetFieldValue<long[]>(6);
        return new(
            progress,
            new(reader.GetFieldValue<DateTimeOffset>(4), reader.GetFieldValue<DateTimeOffset>(5), CoverageStates.InOrder.ToDictionary(state => state, state => counts[CoverageStates.Place(state)])),
            reader.GetBoolean(7));
    }

    /// <summary>Scans from the beginning, or goes on where a scan of the same meaning stopped. It begins no new one when somebody has just ended one.</summary>
    /// <param name="target">The table.</param>
    /// <param name="ripe">Whether a result that is neither old nor overtaken is left as it is.</param>
    /// <param name="cancel">Stops it; it goes on from there the next time.</param>
    /// <returns>False when somebody else scans the column, or there is nothing to do.</returns>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.DatabaseTooBusy"/>: not even one row could be examined in the time for it.</exception>
    public async Task<bool> RunAsync(Target target, bool ripe, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (ripe && !(await ReadAsync(target, cancel)).Ripe)
            return false;
        var (column, madeFrom) = await stamps.CurrentAsync(target, cancel);
        var definition = Definition(target, madeFrom);
        if (await ClaimAsync(column, definition, cancel) is not { } claim)
            return false;
        string? trouble = null;
        try
        {
            var (after, rows) = (claim.AfterKey, FirstPage);
            while (true)
            {
                var began = clock.GetTimestamp();
                Step step;
                try
                {
                    step = await LookAsync(target, column, madeFrom, after, rows, cancel);
                }
                catch (PostgresException slow) when (slow.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable)
                {
                    if (rows == 1)
                        throw new EmbeddingAdminException(ErrorCodes.DatabaseTooBusy, $"The database could not examine a single row of {target.Relation} within {StatementTimeout.TotalSeconds:0} s. The states of its vectors are not known. Look at what else runs there (pg_stat_activity); it is tried again.");
                    rows = Math.Max(1, rows / 4);
                    continue;
                }

                if (!await EnterAsync(column, claim.Token, step, rows, cancel))
                    return false;
                if (step.Rows < rows)
                    return true;
                after = step.LastKey;
                var took = clock.GetElapsedTime(began);
                rows = took < GoodPage ? Math.Min(LargestPage, rows * 2) : took > GoodPage * 2 ? Math.Max(1, rows / 2) : rows;
                await Task.Delay(took * options.Value.Rest, clock, cancel);
            }
        }
        catch (EmbeddingAdminException busy)
        {
            trouble = busy.Message;
            throw;
        }
        finally
        {
            await LeaveAsync(column, claim.Token, trouble);
        }
    }

    private sealed record Claim(long Token, string? AfterKey);

    private sealed record Step(string? LastKey, long Rows, long[] Counts);

    /// <summary>What the states mean: their SQL, the rows that count and the origin that they are compared with.</summary>
    internal static string Definition(Target target, int madeFrom) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{CoverageStates.Classify(target, "$2")} {target.Filter} {madeFrom}")));

    /// <summary>Takes the column's scan, if nobody has it; one whose meaning has changed begins anew.</summary>
    private async Task<Claim?> ClaimAsync(int column, string definition, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"""
            insert into embedding_admin.coverage_scan as s (vector_column, definition, scans, token, until, began_at, counts)
            values ($1, $2, 1, 1, clock_timestamp() + interval '{Lease} s', clock_timestamp(), array_fill(0::bigint, array[{CoverageStates.InOrder.Count}]))
            on conflict (vector_column) do update
               set token = s.token + 1, until = excluded.until, definition = excluded.definition, trouble = null,
                   scans = s.scans + case when s.began_at is null or s.definition <> excluded.definition then 1 else 0 end,
                   began_at = case when s.definition = excluded.definition then coalesce(s.began_at, excluded.began_at) else excluded.began_at end,
                   after_key = case when s.definition = excluded.definition and s.began_at is not null then s.after_key end,
                   looked = case when s.definition = excluded.definition and s.began_at is not null then s.looked else 0 end,
                   counts = case when s.definition = excluded.definition and s.began_at is not null then s.counts else excluded.counts end
             where s.until < clock_timestamp()
            returning s.token, s.after_key
            """);
        command.Parameters.Add(new() { Value = column });
        command.Parameters.Add(new() { Value = definition });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new(reader.GetInt64(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1)) : null;
    }

    private async Task<Step> LookAsync(Target target, int column, int madeFrom, string? after, int rows, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(
            $"""
            select (array_agg(p.key order by p.place))[count(*)::int], count(*), array[{string.Join(", ", CoverageStates.InOrder.Select((_, n) => $"count(*) filter (where p.state = {n})"))}]
              from (select t.{target.Key}::text as key, row_number() over (order by t.{target.Key}) as place,
                           case when {target.Filter} then {CoverageStates.Classify(target, "$2")} end as state
                      from {target.Relation} t
                      left join lateral (select x.row_key, x.made_from, x.text_hash, x.vector_hash from embedding_admin.stamp x
                                          where x.vector_column = $1 and x.row_key = t.{target.Key}::text offset 0) s on true
                     {(after is null ? "" : $"where t.{target.Key} > $4::{target.KeyType}")} order by t.{target.Key} limit $3) p
            """,
            column, madeFrom, rows);
        if (after is not null)
            command.Parameters.Add(new() { Value = after });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(await reader.IsDBNullAsync(0, cancel) ? null : reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<long[]>(2));
    }

    /// <summary>Adds a page to what was found; the last page makes it the result. False when somebody else has the scan.</summary>
    private async Task<bool> EnterAsync(int column, long token, Step step, int asked, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"""
            with added as (
              update embedding_admin.coverage_scan s
                 set after_key = coalesce($3, after_key), looked = looked + $4, until = clock_timestamp() + interval '{Lease} s',
                     counts = (select array_agg(c.n + a.n order by c.place) from unnest(s.counts) with ordinality c(n, place) join unnest($5::bigint[]) with ordinality a(n, place) using (place))
               where vector_column = $1 and token = $2 returning *)
            select count(*) from added
            """);
        foreach (var value in new object[] { column, token, step.LastKey ?? (object)DBNull.Value, step.Rows, step.Counts })
            command.Parameters.Add(value is DBNull ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new NpgsqlParameter { Value = value });
        if ((long)(await command.ExecuteScalarAsync(cancel))! == 0)
            return false;
        if (step.Rows == asked)
            return true;
        await using var end = database.CreateCommand(
            """
            update embedding_admin.coverage_scan
               set done_definition = definition, done_began_at = began_at, done_at = clock_timestamp(), done_counts = counts,
                   began_at = null, after_key = null, looked = 0, counts = array_fill(0::bigint, array[cardinality(counts)])
             where vector_column = $1 and token = $2
            """);
        end.Parameters.Add(new() { Value = column });
        end.Parameters.Add(new() { Value = token });
        return await end.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Gives the scan back at once; the lease would do so after a while.</summary>
    private async Task LeaveAsync(int column, long token, string? trouble)
    {
        try
        {
            await using var command = database.CreateCommand("update embedding_admin.coverage_scan set until = '-infinity', trouble = $3 where vector_column = $1 and token = $2");
            command.Parameters.Add(new() { Value = column });
            command.Parameters.Add(new() { Value = token });
            command.Parameters.Add(new NpgsqlParameter { Value = trouble ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // The lease runs out by itself.
        }
    }
}
