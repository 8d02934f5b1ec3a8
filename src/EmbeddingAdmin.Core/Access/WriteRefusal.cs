using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>Turns Postgres' refusal of a write (42501) into the sentence and the cures that an operator needs.</summary>
public static class WriteRefusal
{
    /// <summary>The refusal as <see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>.</summary>
    public static EmbeddingAdminException Explain(Target target, PostgresException refused)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(refused);
        var table = $"{target.Table.Schema}.{target.Table.Table}";
        return IsRowSecurity(refused)
            ? RowSecurity(table, null, refused)
            : new EmbeddingAdminException(
                ErrorCodes.Grant,
                $"The database role may not do this on {table}: {refused.MessageText}. Nothing was written. Grant it: grant select, update ({target.Vector}) on {target.Relation} to the role of the connection.",
                refused);
    }

    /// <summary>Whether row-level security refused, and not a missing grant.</summary>
    /// <remarks>Postgres names no SQLSTATE of its own for it; the function that raises it is the only sign that is not translated.</remarks>
    internal static bool IsRowSecurity(PostgresException refused) =>
        refused.Routine is "check_enable_rls" or "ExecWithCheckOptions" || refused.MessageText.Contains("row-level security", StringComparison.Ordinal);

    /// <summary>Row-level security filters what <paramref name="role"/> writes to <paramref name="table"/>.</summary>
    public static EmbeddingAdminException RowSecurity(string table, string? role, Exception? inner = null) => new(
        ErrorCodes.RowSecurity,
        $"Row-level security on {table} filters what the database role{(role is null ? "" : $" {role}")} writes: an update would report success and change nothing. "
        + $"Nothing was written and no text was sent. Either let the role bypass row-level security (alter role {(role is null ? "…" : SqlName.Of(role))} bypassrls;), or connect with one that it does not hold for: "
        + "on Supabase the postgres role of the connection string, elsewhere the table's owner, where row-level security is not forced (alter table … no force row level security;). "
        + "An UPDATE policy is no way out: this program writes with row_security off, so that nothing is filtered silently, and Postgres refuses that to every role that policies hold for.",
        inner);
}
