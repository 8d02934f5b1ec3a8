using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Writing;

/// <summary>The statements of a write on the user's table.</summary>
internal sealed class RowUpdate(Target target, TableSession session)
{
    /// <summary>Locks the rows that exist, in the order of their keys, so that two writers never wait for each other. FOR NO KEY UPDATE lets the app insert rows that refer to these.</summary>
    public async Task LockAsync(string[] keys, CancellationToken cancel)
    {
        await using var rows = session.Command(
            $"select 1 from {target.Relation} t where t.{target.Key} = any($1::{target.KeyType}[]) order by t.{target.Key} for no key update", (object)keys);
        await rows.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Locks the rows that nobody else has locked, and returns the keys of the others.</summary>
    public async Task<HashSet<string>> LockFreeAsync(string[] keys, CancellationToken cancel)
    {
        await using var rows = session.Command(
            $"""
            with free as materialized (
              select t.{target.Key} as key from {target.Relation} t where t.{target.Key} = any($1::{target.KeyType}[]) order by t.{target.Key} for no key update skip locked)
            select t.{target.Key}::text from {target.Relation} t where t.{target.Key} = any($1::{target.KeyType}[]) and not exists (select from free where free.key = t.{target.Key})
            """, (object)keys);
        var locked = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await rows.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            locked.Add(reader.GetString(0));
        return locked;
    }

    /// <summary>The conditional update, and for each row that it did not change the reason.</summary>
    public async Task<List<RowResult>> UpdateAsync(IReadOnlyList<VectorRow> rows, bool overwrite, CancellationToken cancel)
    {
        var results = new List<RowResult>(rows.Count);
        if (rows.Count == 0)
            return results;
        var keys = rows.Select(row => row.Key).ToArray();
        var hashes = rows.Select(row => row.TextHash).ToArray();
        await using var update = session.Command(
            $"""
            update {target.Relation} t set {target.Vector} = {target.AsColumn("u.v")}
              from unnest($1::{target.KeyType}[], $2, $3) as u(k, h, v)
             where t.{target.Key} = u.k and {target.Text.Hash} = u.h and ($4 or t.{target.Vector} is null)
            returning t.{target.Key}::text, coalesce(t.{target.Vector} {target.VectorEquals} {target.AsColumn("u.v")}, false)
            """,
            keys, hashes,
            new NpgsqlParameter { Value = rows.Select(row => row.Vector).ToArray(), DataTypeName = $"{target.Facts.VectorSchema}.vector[]" },
            overwrite);
        var updated = new HashSet<string>(StringComparer.Ordinal);
        await using (var reader = await update.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var key = reader.GetString(0);
                updated.Add(key);
                results.Add(new(key, reader.GetBoolean(1) ? RowOutcome.Unverified : RowOutcome.Blocked));
            }
        }

        if (updated.Count == rows.Count)
            return results;
        await using var triage = session.Command(
            $"""
            select u.k::text, t.{target.Key} is not null, t.{target.Key} is not null and {target.Text.Hash} = u.h, t.{target.Vector} is not null
              from unnest($1::{target.KeyType}[], $2) as u(k, h) left join {target.Relation} t on t.{target.Key} = u.k
            """,
            keys, hashes);
        await using var missed = await triage.ExecuteReaderAsync(cancel);
        while (await missed.ReadAsync(cancel))
        {
            var key = missed.GetString(0);
            if (updated.Contains(key))
                continue;
            results.Add((there: missed.GetBoolean(1), sameText: missed.GetBoolean(2), hasVector: missed.GetBoolean(3)) switch
            {
                (there: false, _, _) => new(key, RowOutcome.Deleted),
                (_, sameText: false, _) => new(key, RowOutcome.Changed, Message: "The text was edited between reading and writing."),
                (_, _, hasVector: true) when !overwrite => new(key, RowOutcome.AlreadyCurrent),
                _ => new(key, RowOutcome.Blocked),
            });
        }

        return results;
    }
}
