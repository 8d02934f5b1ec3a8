using System.Text.Json;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>A run's row, read.</summary>
internal static class RunRecord
{
    /// <summary>The columns of <see cref="Map"/>, of the alias <c>r</c>.</summary>
    public const string Columns =
        """
        r.id, r.kind, r.target, r.vector_column, r.status, r.version, r.attempt, r.actor, r.plan, r.rows_per_second, r.reason_code, r.reason,
        r.verdict, r.scope_rows, r.created_at, r.changed_at, r.started_at, r.ended_at, r.server
        """;

    /// <summary>How many they are: what follows them begins there.</summary>
    public const int Width = 19;

    public static async Task<Run?> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Map(reader) : null;
    }

    public static Run Map(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        Kind = Enum.Parse<RunKind>(reader.GetString(1), ignoreCase: true),
        Table = reader.GetString(2),
        VectorColumn = reader.GetInt32(3),
        Status = RunStatuses.Parse(reader.GetString(4)),
        Version = reader.GetInt32(5),
        Attempt = reader.GetInt32(6),
        Actor = reader.GetString(7),
        Plan = JsonSerializer.Deserialize<RunPlan>(reader.GetString(8), RunPlan.Json)!,
        RowsPerSecond = reader.IsDBNull(9) ? null : reader.GetDouble(9),
        ReasonCode = Text(reader, 10),
        Reason = Text(reader, 11),
        Verdict = Text(reader, 12) is { } verdict ? Enum.Parse<Verdict>(verdict, ignoreCase: true) : null,
        ScopeRows = reader.IsDBNull(13) ? null : reader.GetInt64(13),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(14),
        ChangedAt = reader.GetFieldValue<DateTimeOffset>(15),
        StartedAt = Time(reader, 16),
        EndedAt = Time(reader, 17),
        Server = Text(reader, 18),
    };

    public static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
