using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Privileges;

/// <summary>Writes down the role that can do what this program does and nothing else.</summary>
internal static class WriterRole
{
    /// <summary>Its name.</summary>
    public const string Name = "embedding_writer";

    /// <summary>What stands where its password belongs. A connection string with it is refused.</summary>
    public const string Password = "[YOUR-PASSWORD]";

    /// <summary>The statements, with what has to be known of them.</summary>
    public static string Sql(RoleRights rights, IReadOnlyList<TableUse> tables)
    {
        var role = SqlName.Of(Name);
        var filtered = tables.Where(table => table.Rights.RowSecurity).ToList();
        return string.Join('\n', (IEnumerable<string>)
        [
            .. Head(rights, tables),
            $"create role {role} login {(filtered.Count > 0 ? "bypassrls " : "")}password '{Password}';",
            .. filtered.Count > 0 ? WithoutBypass(filtered, role) : [$"-- No configured table has row-level security. Where it is switched on later: alter role {role} bypassrls;"],
            $"grant connect on database {SqlName.Of(rights.Database)} to {role};",
            $"grant usage on schema {string.Join(", ", Schemas(rights).Select(schema => SqlName.Of(schema)))} to {role};",
            .. tables.SelectMany(table => (string[])["", $"-- {OneLine(table.Name)}: what its vectors are made of and found by, and the vector to be written.", table.Select(table.Reads, role), table.Update(table.Vectors, role)]),
            "",
            $"-- Our own records. Nothing in {OwnRecords.Schema} can be made or changed by it but rows.",
            .. rights.Records.Count > 0
                ? rights.Records.GroupBy(record => string.Join(", ", OwnRecords.Of(record.Name)), StringComparer.Ordinal).Where(same => same.Key.Length > 0).Select(same => OwnRecords.Grant([.. same.Select(record => record.Name)], OwnRecords.Of(same.First().Name), role))
                : [$"-- They are not there yet. Start the dashboard once with a role that may make the schema {OwnRecords.Schema}, confirm it, and come back for the rest of this."],
            "",
        ]);
    }

    private static IEnumerable<string> Head(RoleRights rights, IReadOnlyList<TableUse> tables)
    {
        yield return $"-- A role that can do what EmbeddingAdmin does with {OneLine(string.Join(", ", tables.SelectMany(table => table.Targets).Select(target => target.Table.Name)))}, and nothing else.";
        yield return $"-- Put a password in the place of {Password}. Run it as somebody who may grant all this: the owner{(tables.Select(table => table.Rights.Owner).Distinct(StringComparer.Ordinal).ToList() is { Count: > 0 } owners ? $" of the tables ({OneLine(string.Join(", ", owners))})" : "")} and of {OwnRecords.Schema}.";
        yield return $"-- This role does not make or update {OwnRecords.Schema}: the first start, and the first after each update of EmbeddingAdmin, is made with the role that owns it.";
        yield return "-- Run it again after that, and after a change of tables, texts or filters in the settings, without the line \"create role\".";
        if (!rights.Records.Any(record => OwnRecords.IsScheduler(record.Name)) && rights.Records.Count > 0)
            yield return "-- The scheduler's tables are not there yet: start the dashboard once with the role that owns our records, and come back for the rest of this.";
    }

    /// <summary>What there is where nobody may give BYPASSRLS: not policies.</summary>
    private static IEnumerable<string> WithoutBypass(List<TableUse> filtered, SqlName role)
    {
        yield return "-- BYPASSRLS is given by a superuser, and from Postgres 16 on by whoever has it together with CREATEROLE (on Supabase: postgres).";
        yield return "-- Policies are no way around it: EmbeddingAdmin works with row_security = off, so that Postgres raises an error where it would silently leave";
        yield return "-- rows out, and it raises that for every role that row-level security holds for, whatever the policies allow. Where nobody may give it, leave the";
        yield return "-- word out and make the role a member of the tables' owner. It may then do to the tables whatever their owner may:";
        foreach (var owner in filtered.Where(table => !table.Rights.Forced).Select(table => table.Rights.Owner).Distinct(StringComparer.Ordinal))
            yield return $"--   grant {OneLine($"{SqlName.Of(owner)}")} to {role};";
        if (filtered.Where(table => table.Rights.Forced).Select(table => table.Name).ToList() is { Count: > 0 } forced)
            yield return $"-- Of {OneLine(string.Join(", ", forced))} row-level security is forced on the owner, too: there nothing but BYPASSRLS helps.";
    }

    private static IEnumerable<string> Schemas(RoleRights rights) => rights.Schemas.Select(schema => schema.Name);

    // A name with a line break in it would end the comment that it stands in.
    private static string OneLine(string words) => words.ReplaceLineEndings(" ");
}
