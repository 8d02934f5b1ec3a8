using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Privileges;

/// <summary>Finds what a role has beyond what this program does, as far as roles, schemas and tables go.</summary>
internal static class SuperfluousRights
{
    // Supabase's own role, which is what it is.
    private const string SupabasePostgres = "postgres";

    private const int MostNamed = 10;

    public static IEnumerable<PrivilegeNote> Of(RoleRights rights, IReadOnlyList<TableUse> tables)
    {
        if (rights.Superuser)
            return [new($"{rights.Name} is a superuser: it may do everything in the whole server, and nothing can be taken from it. Let {WriterRole.Name} do the work.", "")];
        var role = SqlName.Of(rights.Name);
        return [.. OfRole(rights, tables, role), .. rights.Schemas.SelectMany(schema => OfSchema(schema, role)), .. tables.SelectMany(table => OfTable(table, role)), .. OfRecords(rights, role), .. Elsewhere(rights, role)];
    }

    private static IEnumerable<PrivilegeNote> OfRole(RoleRights rights, IReadOnlyList<TableUse> tables, SqlName role)
    {
        (bool Has, string Word)[] attributes = [(rights.CreatesRoles, "CREATEROLE"), (rights.CreatesDatabases, "CREATEDB"), (rights.Replicates, "REPLICATION")];
        if (attributes.Where(attribute => attribute.Has).Select(attribute => attribute.Word).ToList() is { Count: > 0 } words)
            yield return rights.Name == SupabasePostgres
                ? new($"It has {string.Join(", ", words)}. The postgres role of Supabase simply has that. Let {WriterRole.Name} do the work.", "")
                : new($"It has {string.Join(", ", words)}.", $"alter role {role} {string.Join(' ', words.Select(word => $"no{word.ToLowerInvariant()}"))};");
        if (rights.BypassesRowSecurity && tables.Count > 0 && !tables.Any(table => table.Rights.RowSecurity))
            yield return new("It bypasses row-level security, and no configured table has any.", $"alter role {role} nobypassrls;");
        if (rights.MemberOf.Count > 0)
            yield return new($"It is a member of {string.Join(", ", rights.MemberOf)}, and has whatever they have.", string.Join('\n', rights.MemberOf.Select(other => $"revoke {SqlName.Of(other)} from {role};")));
        if (rights.CreatesSchemas)
            yield return new($"It may make schemas in the database {rights.Database}.", $"revoke create on database {SqlName.Of(rights.Database)} from {role};");
    }

    private static IEnumerable<PrivilegeNote> OfSchema(SchemaRights schema, SqlName role)
    {
        if (schema.Owns)
            yield return new($"It owns the schema {schema.Name}{(schema.Name == OwnRecords.Schema ? ", which is needed only to make and to update it" : "")}.", "");
        else if (schema.Creates)
            yield return schema.CreatesDirectly
                ? new($"It may make things in the schema {schema.Name}.", $"revoke create on schema {SqlName.Of(schema.Name)} from {role};")
                : new($"It may make things in the schema {schema.Name}, because everybody may, or a role that it is a member of.", "");
    }

    private static IEnumerable<PrivilegeNote> OfTable(TableUse table, SqlName role)
    {
        if (table.Rights.Owns)
        {
            yield return new($"It owns {table.Name}, or has whatever its owner {table.Rights.Owner} has: that is everything, and cannot be taken from it for good. Let {WriterRole.Name} do the work.", "");
            yield break;
        }

        if (Excess(table, table.Rights.Direct) is { Count: > 0 } own)
            yield return new($"It may do more to {table.Name} than is needed: {Words(table, own)}.", Join(
                $"revoke {Verbs(own)} on {table.Relation} from {role};",
                // To take a right to the table takes that to its columns along.
                own.Contains("SELECT", StringComparer.Ordinal) ? table.Select(table.Reads, role) : "",
                own.Contains("UPDATE", StringComparer.Ordinal) ? table.Update(table.Vectors, role) : ""));
        if (Excess(table, table.Rights.Everybody) is { Count: > 0 } everybodys)
            yield return new($"Everybody may do more to {table.Name} than is needed, and so may it: {Words(table, everybodys)}. The right is PUBLIC's; others may live on it.", $"revoke {Verbs(everybodys)} on {table.Relation} from public;");
    }

    private static IEnumerable<PrivilegeNote> OfRecords(RoleRights rights, SqlName role)
    {
        if (rights.Records.Any(record => record.Owns))
        {
            yield return new($"It owns our own records in {OwnRecords.Schema}, which is needed only to make and to update them.", "");
            yield break;
        }

        var excess = rights.Records.Select(record => (record.Name, Rights: record.Rights.Except(OwnRecords.Of(record.Name), StringComparer.Ordinal).ToList())).Where(record => record.Rights.Count > 0).ToList();
        if (excess.Count > 0)
            yield return new(
                $"It may do more to our own records in {OwnRecords.Schema} than is needed: {string.Join("; ", excess.Select(record => $"{record.Name} ({string.Join(", ", record.Rights)})"))}.",
                string.Join('\n', excess.Select(record => $"revoke {Verbs(record.Rights)} on {SqlName.Of(OwnRecords.Schema, record.Name)} from {role};")));
    }

    private static IEnumerable<PrivilegeNote> Elsewhere(RoleRights rights, SqlName role)
    {
        if (rights.Elsewhere.Count == 0)
            yield break;
        var more = rights.Elsewhere.Count - MostNamed;
        yield return new(
            $"It owns, or has rights to, what is not needed at all: {string.Join(", ", rights.Elsewhere.Take(MostNamed))}{(more > 0 ? $" and {more} more" : "")}.",
            string.Join('\n', rights.Elsewhere.Select(name => $"revoke all on {name} from {role};")));
    }

    /// <summary>The rights among those granted that let somebody do more than is needed.</summary>
    private static List<string> Excess(TableUse table, IEnumerable<string> granted) =>
        [.. granted.Where(right => right.Split(':', 2) switch
        {
            ["SELECT"] => Reads(table).Count > 0,
            ["UPDATE"] => Updates(table).Count > 0,
            ["SELECT", var column] => !table.Reads.Contains(column, StringComparer.Ordinal),
            ["UPDATE", var column] => !table.Vectors.Contains(column, StringComparer.Ordinal),
            _ => true,
        }).Select(right => right.Split(':')[0]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static string Words(TableUse table, List<string> rights) => string.Join("; ", rights.Select(right => right switch
    {
        "SELECT" => $"read {string.Join(", ", Reads(table))}",
        "UPDATE" => $"update {string.Join(", ", Updates(table))}",
        _ => right,
    }));

    private static List<string> Reads(TableUse table) => [.. table.Facts.Selects.Except(table.Reads, StringComparer.Ordinal)];

    private static List<string> Updates(TableUse table) => [.. table.Facts.Updates.Except(table.Vectors, StringComparer.Ordinal)];

    private static string Verbs(IEnumerable<string> rights) => string.Join(", ", rights.Select(right => right.ToLowerInvariant()));

    private static string Join(params IEnumerable<string> statements) => string.Join('\n', statements.Where(statement => statement.Length > 0));
}
