using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>The time that the role has for a statement, and locks that others hold.</summary>
internal static class TimeoutSuspect
{
    public static Finding Look(Inquiry inquiry)
    {
        if (inquiry.Role is not { } role)
            return Finding.NotLooked("There is no role that could have a time for a statement.");
        var limited = role.StatementTimeout is { } time && time != "0" && inquiry.Who.Kind != IdentityKind.Connection;
        var whose = role.StatementTimeoutOf == role.Name ? "" : $", which it has from {role.StatementTimeoutOf}";
        if (inquiry.State == PostgresErrorCodes.QueryCanceled && limited)
        {
            return Finding.Cause(ErrorCodes.DatabaseTooBusy,
                $"{inquiry.Whoever} has {role.StatementTimeout} for a statement{whose}, and an update of one row of {inquiry.Name} takes longer. Nothing was written.",
                [inquiry.Refused], Cures.MoreTime(inquiry, role));
        }

        if (inquiry.Trace.Refusal is { } refusal && DatabaseFaults.IsBusy(refusal))
        {
            return Finding.Cause(ErrorCodes.DatabaseTooBusy,
                $"Nothing was tried to its end, because {inquiry.Name} was busy: {(refusal.SqlState == PostgresErrorCodes.LockNotAvailable ? "somebody else holds the row or the table" : "the database did not get there in time")} ({refusal.SqlState}). Ask again; a run waits for such rows.",
                [inquiry.Refused]);
        }

        return inquiry.Who.Kind == IdentityKind.Connection
            ? Finding.Clear("This program sets the time for each of its transactions itself.")
            : limited ? Finding.Clear($"{role.Name} has {role.StatementTimeout} for a statement{whose}, and needed less.") : Finding.Clear($"No setting limits the time that {role.Name} has for a statement.");
    }
}
