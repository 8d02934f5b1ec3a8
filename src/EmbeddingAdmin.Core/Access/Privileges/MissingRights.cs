using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Privileges;

/// <summary>Finds what a role lacks to do what this program does.</summary>
internal static class MissingRights
{
    public static IEnumerable<PrivilegeNote> Of(RoleRights rights, IReadOnlyList<TableUse> tables)
    {
        var role = SqlName.Of(rights.Name);
        foreach (var schema in rights.Schemas.Where(schema => !schema.Uses))
            yield return new($"It may not use the schema {schema.Name}: nothing in it can be named.", $"grant usage on schema {SqlName.Of(schema.Name)} to {role};");
        foreach (var table in tables)
        {
            if (table.Reads.Except(table.Facts.Selects, StringComparer.Ordinal).ToList() is { Count: > 0 } hidden)
                yield return new($"It may not read {string.Join(", ", hidden)} of {table.Name}.", table.Select(hidden, role));
            if (table.Vectors.Except(table.Facts.Updates, StringComparer.Ordinal).ToList() is { Count: > 0 } held)
                yield return new($"It may not update {string.Join(", ", held)} of {table.Name}.", table.Update(held, role));
        }

        if (tables.Where(table => table.Facts.Filtered).Select(table => table.Name).ToList() is { Count: > 0 } filtered)
            yield return new($"Row-level security holds for it on {string.Join(", ", filtered)}: an update would report success and change nothing, so every run is refused ({ErrorCodes.RowSecurity}). No policy helps, whatever it allows.", $"alter role {role} bypassrls;");
        foreach (var note in Records(rights, role))
            yield return note;
    }

    private static IEnumerable<PrivilegeNote> Records(RoleRights rights, SqlName role)
    {
        if (rights.Records.Count == 0)
        {
            yield return new($"The schema {OwnRecords.Schema} with our own records is not there. Start the dashboard once with a role that may make it, and confirm it there.", "");
            yield break;
        }

        var lacks = rights.Records.Select(record => (record.Name, Rights: OwnRecords.Of(record.Name).Except(record.Rights, StringComparer.Ordinal).ToList())).Where(record => record.Rights.Count > 0).ToList();
        if (lacks.Count > 0)
            yield return new(
                $"It lacks rights to our own records in {OwnRecords.Schema}: {string.Join("; ", lacks.Select(record => $"{record.Name} ({string.Join(", ", record.Rights)})"))}.",
                string.Join('\n', lacks.Select(record => OwnRecords.Grant([record.Name], record.Rights, role))));
        if (!rights.Records.Any(record => OwnRecords.IsScheduler(record.Name)))
            yield return new("The scheduler's tables are not there. Start the dashboard once with the role that owns our records.", "");
    }
}
