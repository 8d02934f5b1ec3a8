using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Verification;

/// <summary>
/// Says of which rows the bytes of the vector are known without hashing them again: the row's version is the one that a run's own transaction made
/// (<c>xmin</c>), and after its commit another statement has found the stamped bytes in it. Postgres never changes a version in place, so any change since,
/// by whomever, has made another version.
/// </summary>
/// <remarks>
/// Only runs that have ended for good, with every row read back, prove anything. The number of a transaction says nothing on another server, where a dump was
/// restored, and comes round after four thousand million others; both are ruled out. Where the role may not see <c>xmin</c>, or may not know which server this
/// is, nothing is known, and every vector is hashed.
/// </remarks>
/// <param name="Runs">The runs that prove something; empty when none does.</param>
/// <param name="Oldest">The oldest transaction whose number still says something.</param>
internal sealed record WrittenProof(long[] Runs, long Oldest)
{
    // Half of what comes before a number comes round.
    private const long Youngest = 2_000_000_000;

    /// <summary>The condition on the row <c>t</c> and its stamp <c>s</c>; never NULL.</summary>
    /// <param name="runs">The parameter that holds <see cref="Runs"/>.</param>
    /// <param name="oldest">The parameter that holds <see cref="Oldest"/>.</param>
    public string Sql(string runs, string oldest) =>
        // Where the role may not see xmin it must not even be named.
        Runs.Length == 0 ? $"({runs}::bigint[] is null or {oldest}::bigint is null)" : $"coalesce(t.xmin = s.xid::xid and s.run = any({runs}::bigint[]) and s.xid >= {oldest}::bigint::text::xid8, false)";

    /// <summary>Asks which runs prove something of a table's rows.</summary>
    public static async Task<WrittenProof> ReadAsync(NpgsqlDataSource database, VerifyScope scope, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $$"""
            select case when has_column_privilege($1, 'xmin', 'select') then array(
                     select w.id from embedding_admin.run w join embedding_admin.run v on v.server = w.server
                      where v.id = $2 and w.vector_column = $3 and w.kind = 'backfill' and w.status in ('succeeded', 'cancelled') and w.server not like '-/%'
                        and not exists (select from embedding_admin.batch b where b.run = w.id and b.unverified > 0)) else '{}'::bigint[] end,
                   greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint - {{Youngest}}, 3)
            """);
        command.Parameters.Add(new() { Value = scope.Target.Facts.Oid, NpgsqlDbType = NpgsqlDbType.Oid });
        command.Parameters.Add(new() { Value = scope.Run.Id });
        command.Parameters.Add(new() { Value = scope.Run.VectorColumn });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new(reader.GetFieldValue<long[]>(0), reader.GetInt64(1));
    }
}
