using EmbeddingAdmin.Events;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Runs;

/// <summary>A change of a run's status as it is written: only over an arrow of <see cref="RunTransitions"/>, only from the version that its author saw, and with its event.</summary>
internal static class RunMove
{
    /// <summary>Begins a transaction on our own records, which are kept also where the database was made read-only for everybody. A program that freezes in it holds nobody up for long.</summary>
    public static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var transaction = await connection.BeginTransactionAsync(cancel);
        await using var command = new NpgsqlCommand("set transaction read write; set local idle_in_transaction_session_timeout = '10s'", connection, transaction);
        await command.ExecuteNonQueryAsync(cancel);
        return transaction;
    }

    /// <summary>Writes the change of a status and its event; null when the run is not at the version of <paramref name="seen"/> any more, or the fence's lease is somebody else's.</summary>
    /// <exception cref="InvalidOperationException">There is no such arrow.</exception>
    public static async Task<Run?> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Run seen, RunEnd end, Actor actor, RunLease? fence, CancellationToken cancel)
    {
        var (to, reason, verdict) = end;
        var when = RunTransitions.When(seen.Status, to)
            ?? throw new InvalidOperationException($"A run cannot go from {seen.Status.Name()} to {to.Name()}.");
        await using var command = new NpgsqlCommand(
            $"""
            update embedding_admin.run r set status = $3, version = r.version + 1, verdict = $6, changed_at = clock_timestamp(),
                   -- A pause or an end keeps the reason of the request that it fulfils.
                   reason_code = case when $5::text is null and $3 in ('paused', 'cancelled') then r.reason_code else $4 end,
                   reason = case when $5::text is null and $3 in ('paused', 'cancelled') then r.reason else $5 end,
                   attempt = r.attempt + case when r.status = 'errored' then 1 else 0 end,
                   started_at = coalesce(r.started_at, case when $3 = 'running' then clock_timestamp() end),
                   ended_at = case when $3 in ('succeeded', 'cancelled', 'errored') then clock_timestamp() end,
                   server = coalesce($8, r.server)
             where r.id = $1 and r.version = $2 and ($7::bigint is null or exists (select from embedding_admin.run_lease l where l.run = $1 and l.token = $7))
            returning {RunRecord.Columns}
            """, connection, transaction)
        {
            Parameters =
            {
                new() { Value = seen.Id }, new() { Value = seen.Version }, new() { Value = to.Name() },
                new() { Value = reason?.Code ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = reason?.Sentence ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = verdict is { } v ? Run.Name(v) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = fence?.Token ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
                new() { Value = reason?.Server ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        if (await RunRecord.ReadAsync(command, cancel) is not { } run)
            return null;
        await EventLog.RecordAsync(connection, transaction, actor, run.Id, $"run.{to.Name()}", reason?.Sentence ?? when, cancel, reason?.Code);
        return run;
    }
}

/// <summary>Why the system changed a status.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>, or null when nothing is wrong.</param>
/// <param name="Sentence">The reason in words.</param>
public sealed record StatusReason(string? Code, string Sentence)
{
    /// <summary>The server that is noted together with the change; null leaves what is known.</summary>
    internal string? Server { get; init; }
}
