using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Verification;

/// <summary>
/// Finds rows whose vectors are bit-equal though their texts differ. Only hashes are compared: those of the stamps, and those that the first
/// pass kept of vectors that no run claims. A suspicion is looked at in the table before it is a finding.
/// </summary>
/// <remarks>
/// A row whose own stamp is true is not charged with a copy that no run has made: the copy is. Vectors of the local provider are left out,
/// because it makes the same of any two texts with the same words.
/// </remarks>
internal sealed class EqualVectors(NpgsqlDataSource database, VerifyScope scope, DatabasePatience patience, TimeProvider clock)
{
    // Each look goes over all hashes, and holds what it found in memory.
    private const int MostFound = 50_000;

    private readonly PatientRead _read = new(scope.Target.Relation, patience, clock);
    private List<RowResult> _found = [];
    private int _given;

    private bool LeftOut => scope.Run.Plan.Provider == LocalEmbeddings.ProviderName;

    /// <summary>The next findings behind a key, in the order of the keys as text. Many are found at once and given out page by page.</summary>
    public async Task<IReadOnlyList<RowResult>> FindAsync(string? afterKey, int most, Action<Wait?> waiting, CancellationToken cancel)
    {
        if (_given == 0 || _given == _found.Count || _found[_given - 1].Key != afterKey)
        {
            _found = await _read.OnceAsync(patience.Count, () => ReadAsync(afterKey, Math.Max(most, MostFound), cancel), waiting, cancel);
            _given = 0;
        }

        var page = _found.GetRange(_given, Math.Min(most, _found.Count - _given));
        _given += page.Count;
        return page;
    }

    /// <summary>Keeps vectors that no run claims for the pass that compares them.</summary>
    public async Task KeepAsync(IReadOnlyList<SeenVector> seen, TableSession session, CancellationToken cancel)
    {
        if (seen.Count == 0 || LeftOut)
            return;
        await using var insert = session.Command(
            """
            insert into embedding_admin.verify_vector (run, row_key, vector_hash, text_hash) select $1, u.k, u.v, u.t from unnest($2, $3, $4) as u(k, v, t)
            on conflict (run, row_key) do update set vector_hash = excluded.vector_hash, text_hash = excluded.text_hash
            """,
            scope.Run.Id, seen.Select(row => row.Key).ToArray(), seen.Select(row => row.VectorHash).ToArray(), seen.Select(row => row.TextHash).ToArray());
        await insert.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Forgets what this run has kept.</summary>
    public Task ForgetAsync(CancellationToken cancel) => DeleteAsync("run = $1", cancel);

    /// <summary>Forgets what runs of the column that have ended have left.</summary>
    public Task ForgetEndedAsync(CancellationToken cancel) =>
        DeleteAsync("run in (select id from embedding_admin.run where vector_column = (select vector_column from embedding_admin.run where id = $1) and ended_at is not null and id <> $1)", cancel);

    private async Task DeleteAsync(string which, CancellationToken cancel)
    {
        await using var delete = database.CreateCommand($"delete from embedding_admin.verify_vector where {which}");
        delete.Parameters.Add(new() { Value = scope.Run.Id });
        await delete.ExecuteNonQueryAsync(cancel);
    }

    private async Task<List<RowResult>> ReadAsync(string? afterKey, int most, CancellationToken cancel)
    {
        var target = scope.Target;
        await using var session = await TableSession.OpenAsync(database, patience.Count, scope.Run.Id, cancel, patience.Lock);
        await using var command = session.Command(
            $"""
            with seen as (
              select s.row_key, s.vector_hash, s.text_hash, true as claimed
                from embedding_admin.stamp s join embedding_admin.made_from m on m.id = s.made_from
               where s.vector_column = $1 and m.provider <> $3 and s.at <= {VerifyScope.Began("$2")}
              union all
              select v.row_key, v.vector_hash, v.text_hash, false from embedding_admin.verify_vector v where v.run = $2),
            suspicious as (
              select vector_hash from (select distinct vector_hash, text_hash from seen) d group by vector_hash having count(*) > 1),
            candidates as materialized (
              select * from seen where vector_hash in (select vector_hash from suspicious)),
            -- Only their vectors are unpacked, one by one: as a join on the hash it would be those of the whole table.
            suspects as (
              select candidates.* from candidates, lateral (
                select sha256({target.Bytes($"t.{target.Vector}")}) as now from {target.Relation} t
                 where t.{target.Key} = candidates.row_key::{target.KeyType} and {target.Filter} and {scope.Reached("$2")} offset 0) there
               where there.now = candidates.vector_hash),
            compared as (
              select row_key, text_hash,
                     case when claimed then first_value(row_key) over alike else first_value(row_key) over whole end as one,
                     case when claimed then first_value(text_hash) over alike else first_value(text_hash) over whole end as one_text,
                     case when claimed then last_value(row_key) over alike else last_value(row_key) over whole end as other,
                     case when claimed then last_value(text_hash) over alike else last_value(text_hash) over whole end as other_text
                from suspects
              window alike as (partition by vector_hash, claimed order by text_hash, row_key rows between unbounded preceding and unbounded following),
                     whole as (partition by vector_hash order by text_hash, row_key rows between unbounded preceding and unbounded following))
            select row_key, case when text_hash <> one_text then one else other end
              from compared c
             where one_text <> other_text and ($4::text is null or row_key > $4)
               and not exists (select from embedding_admin.row_result x where x.run = $2 and x.row_key = c.row_key and coalesce(x.code, '') <> all($5))
             order by row_key limit $6
            """,
            scope.Run.VectorColumn, scope.Run.Id, LocalEmbeddings.ProviderName,
            new NpgsqlParameter { Value = afterKey ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            new[] { ErrorCodes.FoundNeverStamped, ErrorCodes.FoundEqualVectors }, most);
        var found = new List<RowResult>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found.Add(VerifyChecks.Found(VerifyCheck.EqualVectors, reader.GetString(0), $"Row {reader.GetString(1)} has the same vector, bit for bit, and its text is another."));
        return found;
    }
}
