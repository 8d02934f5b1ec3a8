using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Why;

/// <summary>The cures: statements that an operator can paste. This program runs none of them.</summary>
internal static class Cures
{
    /// <summary>For those of whom it is right that nothing changes.</summary>
    public static Cure WriteAsService { get; } = new(
        "Write with the service key (sb_secret_…) or over the database connection, whose business it is. In a script the key alone has to change.", "");

    /// <summary>For the service key's role, when it is not what it is on Supabase.</summary>
    public static Cure WriteOverConnection { get; } = new("Or write over the database connection, as this dashboard does.", "");

    /// <summary>Grants exactly what is missing.</summary>
    public static Cure Grant(Inquiry inquiry, MissingGrants missing)
    {
        var role = SqlName.Of(inquiry.RoleName);
        string[] rights = [.. Right("select", missing.Selects), .. Right("update", missing.Updates)];
        string[] statements =
        [
            .. missing.Schemas.Select(schema => $"grant usage on schema {SqlName.Of(schema)} to {role};"),
            .. rights.Length == 0 ? Array.Empty<string>() : [$"grant {string.Join(", ", rights)} on {inquiry.Relation} to {role};"],
        ];
        var grant = new Cure($"Grant {inquiry.RoleName} what it lacks, and nothing else. Its owner may do that.", string.Join('\n', statements));
        if (inquiry is not { Who.Kind: IdentityKind.Owner, Facts.RowSecurity: false } || OwnerCures.OwnRows(inquiry, select: true, update: true) is not { } own)
            return grant;
        // With the grant alone whoever is signed in could change everybody's rows.
        return new(
            $"{grant.Says} Row-level security is off here, and with the grant alone everybody who is signed in could change everybody's rows. This switches it on first; whoever reads the table today without bypassing it needs a policy from then on.",
            $"alter table {inquiry.Relation} enable row level security;\n{own.Sql}\n{grant.Sql}");

        static IEnumerable<string> Right(string right, IReadOnlyList<string> columns) => columns.Count == 0 ? [] : [$"{right} ({string.Join(", ", columns.Select(SqlName.Of))})"];
    }

    /// <summary>Lets a role read the tables that a policy asks.</summary>
    public static Cure GrantOthers(string role, IReadOnlyList<string> tables) => new(
        $"Let {role} read what the policy asks. Where it should not see those rows, give that table row-level security of its own.", string.Join('\n', tables.Select(table => $"grant select on {table} to {SqlName.Of(role)};")));

    /// <summary>Lets the connection's role act as another, so that this one can be measured.</summary>
    public static Cure LetActAs(string role, string own) => new($"To have it measured, let the connection's role {own} act as {role}.", $"grant {SqlName.Of(role)} to {SqlName.Of(own)};");

    /// <summary>Lets the role bypass row-level security.</summary>
    public static Cure Bypass(string role) => new(
        $"Let {role} bypass row-level security, on every table of this server. A superuser may, and on Supabase the role postgres.", $"alter role {SqlName.Of(role)} bypassrls;");

    /// <summary>Takes the force back, so that the table's owner is not filtered.</summary>
    public static Cure NoForce(Inquiry inquiry) => new(
        $"Take the force back: row-level security of {inquiry.Name} then holds for everybody but its owner.", $"alter table {inquiry.Relation} no force row level security;");

    /// <summary>Another role for the connection.</summary>
    public static Cure AnotherRole(Inquiry inquiry) => new(
        $"Or connect with a role that it does not hold for: {(inquiry.Facts is { Forced: false } facts ? $"the table's owner {facts.Owner}, or " : "")}one that bypasses it, such as the role postgres of Supabase's connection string.", "");

    /// <summary>Switches triggers off for a run, and on again.</summary>
    public static IReadOnlyList<Cure> Without(Inquiry inquiry, IReadOnlyList<TriggerFacts> triggers) =>
    [
        new($"Switch {(triggers.Count == 1 ? "it" : "them")} off while the run writes. Meanwhile what {(triggers.Count == 1 ? "it does" : "they do")} is done for nobody's update.",
            Statements(inquiry, triggers.Select(trigger => $"disable trigger {SqlName.Of(trigger.Name)}"))),
        new("After the run, switch on again what was on before:", Statements(inquiry, triggers.Select(trigger => $"enable {(trigger.Always ? "always " : "")}trigger {SqlName.Of(trigger.Name)}"))),
    ];

    /// <summary>Switches rules off for a run, and on again.</summary>
    public static IReadOnlyList<Cure> Without(Inquiry inquiry, IReadOnlyList<RuleFacts> rules) =>
    [
        new("Switch it off while the run writes. Meanwhile the updates of others reach the table as well.", Statements(inquiry, rules.Select(rule => $"disable rule {SqlName.Of(rule.Name)}"))),
        new("After the run, switch it on again:", Statements(inquiry, rules.Select(rule => $"enable rule {SqlName.Of(rule.Name)}"))),
    ];

    /// <summary>Makes a generated column an ordinary one.</summary>
    public static Cure DropExpression(Inquiry inquiry) => new(
        "Make it an ordinary column. It keeps the values that it has, and from then on nobody computes them.", $"alter table {inquiry.Relation} alter column {SqlName.Of(inquiry.Table.Vector)} drop expression;");

    /// <summary>Names the table that the settings should have named.</summary>
    public static Cure NameInstead(Inquiry inquiry, string table) => new($"Name the table itself in the settings of {inquiry.Table.Name}: {table}, with its own key and the same vector column.", "");

    /// <summary>Gives the role more time for a statement, where its time is set.</summary>
    public static Cure MoreTime(Inquiry inquiry, RoleFacts role) => new(
        $"Give {role.Name} more time for a statement; over the API 60 s is the most. The API reads it when it is told to.",
        $"alter role {SqlName.Of(role.Name)}{(role.StatementTimeoutHere ? $" in database {SqlName.Of(inquiry.Server.Database)}" : "")} set statement_timeout = '60s';\nnotify pgrst, 'reload config';");

    /// <summary>Lifts a restriction to reading, where it is set; null when that is nowhere that SQL reaches.</summary>
    public static Cure? Lift(ServerState server)
    {
        var of = server.ReadOnlyBy switch
        {
            "database" => $"database {SqlName.Of(server.Database)}",
            "user" => $"role {SqlName.Of(server.Role)}",
            "database user" => $"role {SqlName.Of(server.Role)} in database {SqlName.Of(server.Database)}",
            "configuration file" => "system",
            _ => null,
        };
        return of is null ? null : new(
            "Make room first: Supabase sets this when the disk is nearly full. Then lift it; connections that are open keep it until they end.",
            of == "system" ? "alter system reset default_transaction_read_only;\nselect pg_reload_conf();" : $"alter {of} reset default_transaction_read_only;");
    }

    private static string Statements(Inquiry inquiry, IEnumerable<string> actions) => string.Join('\n', actions.Select(action => $"alter table {inquiry.Relation} {action};"));
}
