using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Writing;

/// <summary>
/// Compares the rows of committed pages with their stamps, on another snapshot than the one that wrote them, and enters what it
/// finds: the same vector is written, another or none is reverted, no row is deleted.
/// </summary>
internal sealed class ReadBack(NpgsqlDataSource database, Target target, int column, int attempt, DatabasePatience patience, TimeProvider clock)
{
    private const int Tries = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads rows back; what another try has entered before is not entered again.</summary>
    /// <param name="lease">The right to the run.</param>
    /// <param name="pages">The pages' numbers.</param>
    /// <param name="keys">The rows' keys; null for all of the pages.</param>
    /// <param name="cancel">Ends it at once.</param>
    /// <returns>The change of the run's receipt.</returns>
    public async Task<Receipt> RunAsync(RunLease lease, IReadOnlyList<int> pages, string[]? keys, CancellationToken cancel)
    {
        if (keys is { Length: 0 })
            return Receipt.Empty;
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await OnceAsync(lease, pages, keys, cancel);
            }
            catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled && keys is not null)
            {
                // A row that cannot be looked at in time stays unverified, which is what is known of it.
                return keys.Length == 1
                    ? Receipt.Empty
                    : await RunAsync(lease, pages, keys[..(keys.Length / 2)], cancel) + await RunAsync(lease, pages, keys[(keys.Length / 2)..], cancel);
            }
            catch (NpgsqlException fault) when (fault.IsTransient && tries < Tries)
            {
                await Task.Delay(FirstPause * Math.Pow(2, tries), clock, cancel);
            }
        }
    }

    private async Task<Receipt> OnceAsync(RunLease lease, IReadOnlyList<int> pages, string[]? keys, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, patience.Statement, lease.Run, cancel);
        var found = new List<(int Page, RowResult Row)>();
        await using (var look = session.Command(
            $"""
            select s.page, s.row_key, t.{target.Key} is not null,
                   coalesce(sha256({target.Bytes($"t.{target.Vector}")}) = s.vector_hash, false)
              from embedding_admin.stamp s left join {target.Relation} t on t.{target.Key} = s.row_key::{target.KeyType}
             where s.vector_column = $1 and s.run = $2 and s.page = any($3) and ($4::text[] is null or s.row_key = any($4))
            """,
            column, lease.Run, pages.ToArray(), new NpgsqlParameter { Value = keys ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text }))
        await using (var reader = await look.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var outcome = !reader.GetBoolean(2) ? RowOutcome.Deleted : reader.GetBoolean(3) ? RowOutcome.Written : RowOutcome.Reverted;
                found.Add((reader.GetInt32(0), new(reader.GetString(1), outcome, Message: outcome == RowOutcome.Reverted ? "The vector was committed, and the row holds another value, or none." : null)));
            }
        }

        var change = Receipt.Empty;
        await lease.FenceAsync(session, cancel);
        // What the transaction itself has changed again, by a trigger at its end, is no proof of what was written.
        if (found.Where(row => row.Row.Outcome == RowOutcome.Reverted).Select(row => row.Row.Key).ToArray() is { Length: > 0 } reverted)
        {
            await using var doubt = session.Command("update embedding_admin.stamp set xid = null where vector_column = $1 and row_key = any($2)", column, reverted);
            await doubt.ExecuteNonQueryAsync(cancel);
        }

        foreach (var page in found.GroupBy(row => row.Page))
            change += await LedgerEntry.ConfirmAsync(lease.Run, page.Key, attempt, [.. page.Select(row => row.Row)], session, cancel);
        await session.Transaction.CommitAsync(cancel);
        return change;
    }
}
