using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Verification;

/// <summary>
/// Looks a second time, some seconds later, at what the first pass found gone, because it may have looked in the middle of somebody's change,
/// and at what was written just before the run began, because whatever undoes a write may come after it.
/// </summary>
internal sealed class SecondLook(NpgsqlDataSource database, VerifyScope scope, TimeSpan after, DatabasePatience patience, TimeProvider clock)
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly string Young = $"s.at > {VerifyScope.Began("$2")} - $3 and s.at <= {VerifyScope.Began("$2")}";

    /// <summary>Waits until the youngest of these rows has had its time, by the database's clock. Not when there is none, and not when the second look has begun.</summary>
    public async Task WaitAsync(Action<Wait?> waiting, CancellationToken cancel)
    {
        var left = await LeftAsync(cancel);
        var began = clock.GetTimestamp();
        while (left - clock.GetElapsedTime(began) is var rest && rest > TimeSpan.Zero)
        {
            waiting(new($"Waiting {Math.Ceiling(rest.TotalSeconds):0} s for the second look at what was found gone or was written a moment ago.", clock.GetUtcNow() + rest));
            await Task.Delay(rest < Beat ? rest : Beat, clock, cancel);
        }

        waiting(null);
    }

    /// <summary>The keys of the rows to look at, in their order as text.</summary>
    public async Task<string[]> KeysAsync(string? afterKey, int most, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, patience.Count, scope.Run.Id, cancel);
        await using var command = session.Command(
            $"""
            select c.row_key from (
              select x.row_key from embedding_admin.row_result x where x.run = $2 and x.outcome = 'reverted'
              union select s.row_key from embedding_admin.stamp s where s.vector_column = $1 and {Young}) c
             where $4::text is null or c.row_key > $4 order by c.row_key limit $5
            """,
            scope.Run.VectorColumn, scope.Run.Id, after, new NpgsqlParameter { Value = afterKey ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, most);
        var keys = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            keys.Add(reader.GetString(0));
        return [.. keys];
    }

    private async Task<TimeSpan> LeftAsync(CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, patience.Count, scope.Run.Id, cancel);
        await using var command = session.Command(
            $"""
            select greatest((select max(x.at) from embedding_admin.row_result x where x.run = $2 and x.outcome = 'reverted'),
                            (select max(s.at) from embedding_admin.stamp s where s.vector_column = $1 and {Young})) + $3 - clock_timestamp()
             where not exists (select from embedding_admin.batch b where b.run = $2 and b.pass = {(int)VerifyPass.SecondLook})
            """,
            scope.Run.VectorColumn, scope.Run.Id, after);
        return await command.ExecuteScalarAsync(cancel) as TimeSpan? ?? TimeSpan.Zero;
    }
}
