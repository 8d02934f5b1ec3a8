using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Access.Why;

/// <summary>What a role lacks.</summary>
/// <param name="Schemas">Schemas that it may not use.</param>
/// <param name="Selects">Columns that it may not select.</param>
/// <param name="Updates">Columns that it may not update.</param>
internal sealed record MissingGrants(IReadOnlyList<string> Schemas, IReadOnlyList<string> Selects, IReadOnlyList<string> Updates)
{
    public bool Any => Schemas.Count + Selects.Count + Updates.Count > 0;

    /// <summary>It in words.</summary>
    public string Of(string table)
    {
        var columns = string.Join(" and ", new[] { Right("SELECT", Selects), Right("UPDATE", Updates) }.OfType<string>());
        return string.Join(" and ", new[] { Right("USAGE", Schemas), columns.Length > 0 ? $"{columns} on {table}" : null }.OfType<string>());
    }

    private static string? Right(string right, IReadOnlyList<string> of) => of.Count == 0 ? null : $"{right} of {(right == "USAGE" ? "the schema " : "")}{string.Join(", ", of)}";
}

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
            [.. role.UsesSchema ? Array.Empty<string>() : [inquiry.Table.Schema], .. role.UsesVectorSchema || inquiry.Columns is null ? Array.Empty<string>() : [inquiry.Columns.VectorSchema]],
            [.. needed.Where(column => !role.Selects.Contains(column, StringComparer.Ordinal))],
            inquiry.Facts.HasVector && !role.Updates.Contains(inquiry.Table.Vector, StringComparer.Ordinal) ? [inquiry.Table.Vector] : []);
        string[] details =
        [
            $"{role.Name}: {(role.UsesSchema ? "may" : "may not")} use the schema {inquiry.Table.Schema}; may select {List(role.Selects)}; may update {List(role.Updates)}",
            .. inquiry.State == Npgsql.PostgresErrorCodes.InsufficientPrivilege ? [inquiry.Refused] : Array.Empty<string>(),
        ];
        if (!missing.Any)
            return Finding.Clear($"{role.Name} is granted what an update of {inquiry.Name} needs.", details);
        // Of a role that may do something to the table already this is not the reason.
        var autumn = role.Selects.Count + role.Updates.Count == 0 ? $" {SinceAutumn}" : "";
        var refused = inquiry.Trace.Refusal is { SqlState: Npgsql.PostgresErrorCodes.InsufficientPrivilege } refusal && !WriteRefusal.IsRowSecurity(refusal);
        return (refused, inquiry.Works, inquiry.Trace.Tried || inquiry.Trace.NoRow) switch
        {
            (true, _, _) => Cause($"{inquiry.Whoever} is refused: it lacks {missing.Of(inquiry.Name)}."),
            (_, true, _) when inquiry.Who.Kind == IdentityKind.Connection => Cause($"{inquiry.Whoever} may update the vector and may not read what it is made from: it lacks {missing.Of(inquiry.Name)}, so that no run can begin."),
            // What is no table is nothing to be granted: what it is comes later.
            (_, _, false) when inquiry.Target is not null => Cause($"It could not be tried; by the catalog {role.Name} is refused, because it lacks {missing.Of(inquiry.Name)}."),
            _ => Finding.Note($"{role.Name} lacks {missing.Of(inquiry.Name)}, which is not what keeps the update from happening.", details),
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
        var text = TextRecipe.Parse(target.Recipe.Template).Lines.SelectMany(line => line).Where(piece => piece.IsColumn).Select(piece => piece.Text.Split("->", StringSplitOptions.TrimEntries)[0]);
        string?[] all = [target.KeyName, .. text, .. Tables.RowFilter.Columns(target.Table), target.Table.Owner, target.Table.CreatedAt, target.Table.Vector];
        return all.OfType<string>().Where(column => target.Facts.Columns.Any(known => known.Name == column)).Distinct(StringComparer.Ordinal);
    }

    private static string List(IReadOnlyList<string> columns) => columns.Count == 0 ? "nothing" : string.Join(", ", columns);
}
