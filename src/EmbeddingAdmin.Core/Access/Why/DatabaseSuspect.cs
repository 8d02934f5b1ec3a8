using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>The database itself, or the API before it: it does not answer, refuses whoever asks, is a standby, read-only or full.</summary>
internal static class DatabaseSuspect
{
    /// <summary>That it did not answer, or refused.</summary>
    public static Finding Silent(EmbeddingAdminException explained) => Finding.Cause(explained.Code, explained.Message, []);

    public static Finding Look(Inquiry inquiry)
    {
        var server = inquiry.Server;
        string[] details = [$"PostgreSQL {server.Version}, role {server.Role}, transaction_read_only = {(server.ReadOnly ? "on" : "off")}{(server.ReadOnly ? $" (set by: {server.ReadOnlyBy})" : "")}"];
        if (inquiry.State is null && inquiry.Measured.FirstOrDefault(cell => cell.Answer is AccessAnswer.No or AccessAnswer.SilentlyNo) is { Code: { } code } cell
            && (code.StartsWith("EA-API-", StringComparison.Ordinal) || code.StartsWith("EA-KEY-", StringComparison.Ordinal)))
            return Finding.Cause(code, cell.Sentence, [.. details, cell.Evidence.Answered]);
        if (server.InRecovery)
            return Finding.Cause(ErrorCodes.DatabaseStandby, "The server is a standby, which takes no writes. Nothing was written. Connect to the primary, then try again.", details);
        if (server.ReadOnly || inquiry.State == PostgresErrorCodes.ReadOnlySqlTransaction)
        {
            return Finding.Cause(ErrorCodes.DatabaseReadOnly, "The database takes no writes: its transactions are read-only. Nothing was written.", details,
                Cures.Lift(server) is { } lift ? [lift] : [new("Supabase sets this when the disk is nearly full: make room or enlarge the disk, then lift the restriction.", "")]);
        }

        return Finding.Clear("The database answers and takes writes.", details);
    }
}
