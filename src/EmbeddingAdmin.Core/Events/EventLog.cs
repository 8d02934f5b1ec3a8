using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Events;

/// <summary>The append-only table of events: what happened to a run, and what operators asked for, refused requests too.</summary>
public sealed class EventLog(NpgsqlDataSource database)
{
    private const string KeyChanged = "run.key";

    /// <summary>Writes an event by itself; one that belongs to a change is written in the change's transaction.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="run">The run that it belongs to, if any.</param>
    /// <param name="kind">What, such as <c>row.embedded</c>.</param>
    /// <param name="sentence">The same in words; never any row's text.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="code">One of <see cref="ErrorCodes"/> when something is wrong, else null.</param>
    public Task RecordAsync(Actor actor, long? run, string kind, string sentence, CancellationToken cancel, string? code = null)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return RecordAloneAsync(actor, run, kind, sentence, null, cancel, code);
    }

    /// <summary>Notes the fingerprint of the key that a run's requests carry from now on.</summary>
    internal Task RecordKeyAsync(long run, string fingerprint, string sentence, CancellationToken cancel) =>
        RecordAloneAsync(Actor.System, run, KeyChanged, sentence, fingerprint, cancel);

    /// <summary>The fingerprint that was noted last for a run; null when none was.</summary>
    internal async Task<string?> LastKeyAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select details ->> 'key' from embedding_admin.event where run = $1 and kind = $2 order by id desc limit 1");
        command.Parameters.Add(new() { Value = run });
        command.Parameters.Add(new() { Value = KeyChanged });
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <summary>A run's events, newest first.</summary>
    public async Task<IReadOnlyList<Event>> OfRunAsync(long run, int most, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "select id, at, actor, run, kind, coalesce(details ->> 'sentence', ''), details ->> 'code' from embedding_admin.event where run = $1 order by id desc limit $2");
        command.Parameters.Add(new() { Value = run });
        command.Parameters.Add(new() { Value = most });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var events = new List<Event>();
        while (await reader.ReadAsync(cancel))
            events.Add(new(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetInt64(3), reader.GetString(4), reader.GetString(5), await reader.IsDBNullAsync(6, cancel) ? null : reader.GetString(6)));
        return events;
    }

    internal static async Task RecordAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, Actor actor, long? run, string kind, string sentence, CancellationToken cancel, string? code = null, string? key = null)
    {
        await using var command = new NpgsqlCommand(
            "insert into embedding_admin.event (actor, run, kind, details) values ($1, $2, $3, jsonb_strip_nulls(jsonb_build_object('sentence', $4::text, 'via', $5::text, 'code', $6::text, 'key', $7::text)))", connection, transaction)
        {
            Parameters =
            {
                new() { Value = actor.Name }, new() { Value = run ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
                new() { Value = kind }, new() { Value = sentence }, new() { Value = actor.Via },
                new() { Value = code ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = key ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task RecordAloneAsync(Actor actor, long? run, string kind, string sentence, string? key, CancellationToken cancel, string? code = null)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Also where the database was made read-only for everybody.
        await using (var write = new NpgsqlCommand("set transaction read write", connection, transaction))
            await write.ExecuteNonQueryAsync(cancel);
        await RecordAsync(connection, transaction, actor, run, kind, sentence, cancel, code, key);
        await transaction.CommitAsync(cancel);
    }
}
