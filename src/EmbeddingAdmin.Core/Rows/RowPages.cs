using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Rows;

/// <summary>
/// A table's rows page by page, found by their key: the ten-thousandth page costs what the first does. A state has no index, so rows in
/// one are looked for along the key, for a few seconds at a time; the answer says how far the search came.
/// </summary>
public sealed class RowPages(NpgsqlDataSource database, StampBook stamps, TimeProvider clock)
{
    private const int MostChunk = 2_000;
    private const int LeastChunk = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Reads a page. A key that no row can have begins at the first row.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>: the role may not read the table.</exception>
    public async Task<RowPage> ReadAsync(Target target, RowQuery query, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Rows is >= 1 and <= 500, true);
        var before = query.Before is null ? null : RowKey.Read(target, query.Before);
        var after = before is not null || query.After is null ? null : RowKey.Read(target, query.After);
        try
        {
            var (column, madeFrom) = await stamps.CurrentAsync(target, cancel);
            var walk = new Walk(target, query.State, query.Rows, Back: before is not null, column, madeFrom);
            var page = await WalkAsync(walk, before ?? after, cancel);
            // So near the beginning, a full first page says more than the few rows in front of a key.
            return before is not null && page.Before is null && page.Rows.Count < query.Rows ? await WalkAsync(walk with { Back = false }, null, cancel) : page;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    /// <summary>The one row with this key as a page; a page without rows when there is none.</summary>
    /// <exception cref="EmbeddingAdminException">As for a page.</exception>
    public async Task<RowPage> FindAsync(Target target, string typed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (RowKey.Read(target, typed) is not { } key)
            return new RowPage([], null, null, 0, null, clock.GetUtcNow());
        try
        {
            var (column, madeFrom) = await stamps.CurrentAsync(target, cancel);
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            var rows = await ReadAsync(new Walk(target, null, 1, false, column, madeFrom), $"t.{target.Key} = $3::{target.KeyType}", session, cancel, key);
            return new RowPage(rows, null, null, rows.Count, null, clock.GetUtcNow());
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    /// <summary>The one row that comes next behind a key, or in front of it, along the key; a page that stopped says how far it looked.</summary>
    internal async Task<RowPage> StepAsync(Target target, CoverageState? state, string? from, bool back, CancellationToken cancel)
    {
        try
        {
            var (column, madeFrom) = await stamps.CurrentAsync(target, cancel);
            return await WalkAsync(new Walk(target, state, 1, back, column, madeFrom), from, cancel);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    private async Task<RowPage> WalkAsync(Walk walk, string? from, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        var found = new List<RowSummary>();
        var (looked, at, ended, chunk) = (0L, from, false, MostChunk);
        // One row more than is shown tells whether the list goes on.
        while (found.Count <= walk.Rows && !ended && (looked == 0 || clock.GetElapsedTime(began) < Patience))
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            if (walk.IsPlain)
            {
                found = await ReadAsync(walk, walk.Behind(at, "$3"), session, cancel, at);
                (looked, ended) = (found.Count, true);
                break;
            }

            var (keys, last) = await EndAsync(walk, at, chunk, session, cancel);
            try
            {
                if (keys > 0)
                    found.AddRange(await ReadAsync(walk with { Rows = walk.Rows - found.Count }, $"{walk.Behind(at, "$3")} and {walk.UpTo("$4")}", session, cancel, at, last));
            }
            catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled && chunk > LeastChunk)
            {
                // Very long texts: fewer of them at a time.
                chunk = LeastChunk;
                continue;
            }

            (looked, at, ended) = (looked + keys, last ?? at, keys < chunk);
        }

        var full = found.Count > walk.Rows;
        if (full)
            found.RemoveAt(walk.Rows);
        var stopped = full || ended ? null : at;
        var onward = full ? found[^1].Key : stopped;
        // Whatever is behind where the walk began: its own beginning when it found nothing.
        var backward = found.Count > 0 ? found[0].Key : from;
        if (walk.Back)
            found.Reverse();
        return walk.Back
            ? new RowPage(found, onward, backward, looked, stopped, clock.GetUtcNow())
            : new RowPage(found, from is null ? null : backward, onward, looked, stopped, clock.GetUtcNow());
    }

    /// <summary>How many of the next keys there are, up to a chunk, and the last of them.</summary>
    private static async Task<(long Keys, string? Last)> EndAsync(Walk walk, string? at, int chunk, TableSession session, CancellationToken cancel)
    {
        var target = walk.Target;
        await using var command = session.Command(
            $"""
            select count(*), (array_agg(c.key::text order by c.key {walk.Direction}))[count(*)::int]
              from (select t.{target.Key} as key from {target.Relation} t where {walk.Behind(at, "$1")} order by t.{target.Key} {walk.Direction} limit {chunk}) c
            """,
            at is null ? [] : [at]);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetInt64(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1));
    }

    /// <summary>The rows that a condition on the key leaves, in the walk's direction, one more than its page. $1 is the column, $2 the origin.</summary>
    private static async Task<List<RowSummary>> ReadAsync(Walk walk, string where, TableSession session, CancellationToken cancel, params string?[] keys)
    {
        var target = walk.Target;
        await using var command = session.Command(walk.Sql(where), walk.Column, walk.MadeFrom);
        foreach (var key in keys)
            command.Parameters.Add(new NpgsqlParameter { Value = key ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        var rows = new List<RowSummary>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetBoolean(2), CoverageStates.InOrder[reader.GetInt32(3)],
                await reader.IsDBNullAsync(4, cancel) ? null : reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return rows;
    }

    /// <summary>One way through a table along its key.</summary>
    internal sealed record Walk(Target Target, CoverageState? State, int Rows, bool Back, int Column, int MadeFrom)
    {
        public string Direction => Back ? "desc" : "asc";

        /// <summary>Whether every row along the key is one of the page.</summary>
        public bool IsPlain => State is null && Target.Filter == "true";

        public string Behind(string? key, string parameter) => key is null ? "true" : $"t.{Target.Key} {(Back ? '<' : '>')} {parameter}::{Target.KeyType}";

        public string UpTo(string parameter) => $"t.{Target.Key} {(Back ? ">=" : "<=")} {parameter}::{Target.KeyType}";

        // Whether there is a vector is in the row's head; everything else has to be unpacked.
        private string InState => State switch
        {
            null => "true",
            CoverageState.Missing or CoverageState.EmptySource => $"t.{Target.Vector} is null and ({CoverageStates.Classify(Target, "$2")}) = {CoverageStates.Place(State.Value)}",
            _ => $"t.{Target.Vector} is not null and ({CoverageStates.Classify(Target, "$2")}) = {CoverageStates.Place(State.Value)}",
        };

        // The stamp is looked up for each row: a join would be free to read all stamps first.
        public string Sql(string where) =>
            $"""
            select t.{Target.Key}::text, left({Target.Text.Expression}, {RowSummary.MostCharacters}), char_length({Target.Text.Expression}) > {RowSummary.MostCharacters},
                   {CoverageStates.Classify(Target, "$2")}, s.at
              from {Target.Relation} t
              left join lateral (select x.row_key, x.made_from, x.text_hash, x.vector_hash, x.at from embedding_admin.stamp x
                                  where x.vector_column = $1 and x.row_key = t.{Target.Key}::text offset 0) s on true
             where {where} and {Target.Filter} and {InState} order by t.{Target.Key} {Direction} limit {Rows + 1}
            """;
    }
}
