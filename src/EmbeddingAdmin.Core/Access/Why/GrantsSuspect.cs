namespace EmbeddingAdmin.Access.Why;

/// <summary>Whether schema, table and columns are granted to the role.</summary>
internal static class GrantsSuspect
{
    private const string SinceAutumn = "Since the autumn of 2026 Supabase grants a new table to nobody, not even to service_role: the migration that makes it has to.";

    public static Finding Look(Inquiry inquiry)
    {
        if (inquiry.Role is not { } role || inquiry.Facts is null)
            return Finding.NotLooked(inquiry.Facts is null ? "There is no relation to be granted." : $"There is no role {inquiry.Who.Role} in this database.");
        var needed = Needed(inquiry);
        var missing = new MissingGrants(
            MissingGrants.Unused(role, inquiry.Table.Schema, inquiry.Columns?.VectorSchema),
            [.. needed.Where(column => !role.Selects.Contains(column, StringComparer.Ordinal))],
            inquiry.Facts.HasVector && !role.Updates.Contains(inquiry.Table.Vector, StringComparer.Ordinal) ? [inquiry.Table.Vector] : []);
        string[] details =
        [
            $"{role.Name}: {(role.UsesSchema ? "may" : "may not")} use the schema {inquiry.Table.Schema}; may select {List(role.Selects)}; may update {List(role.Updates)}",
            .. inquiry.State == Npgsql.PostgresErrorCodes.InsufficientPrivilege ? [inquiry.Refused] : Array.Empty<string>(),
        ];
        if (missing.None)
            return Finding.Clear($"{role.Name} is granted what an update of {inquiry.Name} needs.", details);
        // Of a role that may do something to the table already this is not the reason.
        var autumn = role.Selects.Count + role.Updates.Count == 0 ? $" {SinceAutumn}" : "";
        var refused = inquiry.Trace.Refusal is { SqlState: Npgsql.PostgresErrorCodes.InsufficientPrivilege } refusal && !WriteRefusal.IsRowSecurity(refusal);
        return (refused, inquiry.Works, inquiry.Trace.Tried || inquiry.Trace.NoRow) switch
        {
            (true, _, _) => Cause($"{inquiry.Whoever} is refused: it lacks {missing.On(inquiry.Name)}."),
            (_, true, _) when inquiry.Who.Kind == IdentityKind.Connection => Cause($"{inquiry.Whoever} may update the vector and may not read what it is made from: it lacks {missing.On(inquiry.Name)}, so that no run can begin."),
            // What is no table is nothing to be granted: what it is comes later.
            (_, _, false) when inquiry.Target is not null => Cause($"It could not be tried; by the catalog {role.Name} is refused, because it lacks {missing.On(inquiry.Name)}."),
            _ => Finding.Note($"{role.Name} lacks {missing.On(inquiry.Name)}, which is not what keeps the update from happening.", details),
        };

        Finding Cause(string sentence) => inquiry.IsOutsider
            ? Finding.Cause(ErrorCodes.Grant, $"{sentence} That is as it should be: {Outsiders.Reason(inquiry.Who)}", details, Outsiders.Instead(inquiry))
            : Finding.Cause(ErrorCodes.Grant, $"{sentence} Nothing was written.{autumn}", details, Cures.Grant(inquiry, missing));
    }

    /// <summary>The columns to select: the key, by which every update names its row, and for those who embed all that a run reads.</summary>
    private static IEnumerable<string> Needed(Inquiry inquiry)
    {
        if (inquiry.Target is not { } target)
            return [];
        if (!inquiry.Who.ShouldWrite)
            return [target.KeyName];
        return target.Reads.Where(column => target.Facts.Columns.Any(known => known.Name == column));
    }

    private static string List(IReadOnlyList<string> columns) => columns.Count == 0 ? "nothing" : string.Join(", ", columns);
}
