using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>Row-level security: whether it holds for the role, and which clause rejects this row.</summary>
internal static class RowSecuritySuspect
{
    public static Finding Look(Inquiry inquiry)
    {
        if (inquiry.Role is not { } role || inquiry.Facts is not { } facts)
            return Finding.NotLooked("There is no role and no table for it to hold for.");
        if (!facts.RowSecurity)
        {
            return Finding.Clear(
                $"Row-level security is off on {inquiry.Name}{(facts.Policies.Count > 0 ? $", and its {facts.Policies.Count} policies are not asked" : "")}.",
                facts.View is { SecurityInvoker: true } view ? [$"It has none of its own. Through this view that of {string.Join(", ", view.Tables)} holds, for whoever asks."] : []);
        }

        if (inquiry.Policies is not { } report)
            return Finding.Clear($"Row-level security of {inquiry.Name} does not hold for {role.Name}: {Free(role, facts)}.", $"{(facts.Forced ? "On, and forced on the owner" : "On")}; {facts.Policies.Count} policies");
        string[] details = [$"On{(facts.Forced ? ", and forced on the owner" : "")}; it holds for {role.Name}", .. report.Lines];
        if (inquiry.Who.Kind == IdentityKind.Connection)
            return Barred(inquiry, role, facts, report, details);
        return Rejected(inquiry, report) is var (how, rejection)
            ? Cause(inquiry, role, how, rejection, details)
            : inquiry.Works ? Finding.Note($"Row-level security holds for {role.Name}, and lets this row through. Of other rows that says nothing.", details)
            : Finding.Clear($"Row-level security holds for {role.Name}, and what it says of this row does not explain what was measured.", details);
    }

    /// <summary>The connection's role: every transaction of this program switches row_security off, and then no policy helps.</summary>
    private static Finding Barred(Inquiry inquiry, RoleFacts role, WriteFacts facts, PolicyReport report, IReadOnlyList<string> details)
    {
        var forced = facts.Forced && role.Owns;
        var seen = Rejected(inquiry, report) is var (how, rejection) ? $"an update {how}, because {rejection?.Words ?? "its policies do not let the row through"}" : "its policies would let this row through, and filter others without a word";
        return Finding.Cause(
            ErrorCodes.RowSecurity,
            (forced ? $"Row-level security of {inquiry.Name} is forced, so that it holds for its owner {role.Name} as well, and in every function with SECURITY DEFINER of that role" : $"Row-level security of {inquiry.Name} holds for the connection's role {role.Name}")
            + $": {seen}. This program writes with row_security off, so that nothing is filtered silently; Postgres refuses that (42501) to every role that policies hold for, whatever they let through. Nothing was written, and a policy does not help.",
            details,
            [.. forced ? [Cures.NoForce(inquiry)] : Array.Empty<Cure>(), Cures.Bypass(role.Name), Cures.AnotherRole(inquiry)]);
    }

    /// <summary>How the row was rejected, as it was measured, and by what; null when row-level security does not account for it.</summary>
    private static (string How, Rejection? Rejection)? Rejected(Inquiry inquiry, PolicyReport report)
    {
        const string silently = "is answered with success and changes no row";
        if (inquiry.Trace.Refusal is { } refusal)
        {
            var raising = report.Rejects(Clause.SelectOld, Clause.UpdateOld, Clause.UpdateNew, Clause.SelectNew);
            if (refusal.SqlState == PostgresErrorCodes.InvalidObjectDefinition || (raising?.Raising is { Raised: { } raised } && raised.StartsWith(refusal.SqlState, StringComparison.Ordinal)))
                return ("is refused with an error", raising);
            return WriteRefusal.IsRowSecurity(refusal) ? ("is refused with an error (42501)", report.Rejects(Clause.UpdateNew, Clause.SelectNew) ?? raising) : null;
        }

        if (inquiry.Trace.NoRow)
            return inquiry.Who.Kind == IdentityKind.Connection ? (silently, report.Rejects(Clause.SelectOld, Clause.UpdateOld)) : null;
        // Where nobody could be tried only that is known which holds for every row.
        if (!inquiry.Trace.Tried)
            return report.Rejects(Clause.SelectOld, Clause.UpdateOld, Clause.UpdateNew) is { } sure ? (silently, sure) : null;
        if (inquiry.Trace.Rows > 0)
            return null;
        var silent = report.Rejects(Clause.SelectOld, Clause.UpdateOld);
        return silent is null && report.NotAsked is null ? null : (silently, silent);
    }

    private static Finding Cause(Inquiry inquiry, RoleFacts role, string how, Rejection? rejection, IReadOnlyList<string> details)
    {
        var measured = $"{(inquiry.Trace.Tried ? inquiry.Whoever : $"It could not be tried; by the policies {role.Name}")} {how}";
        var sentence = $"{measured}: row-level security of {inquiry.Name} holds for {role.Name}, and {rejection?.Words ?? "does not let this row through"}.";
        if (inquiry.IsOutsider && rejection?.Raising is null)
            return Finding.Cause(ErrorCodes.RowSecurity, $"{sentence} That is as it should be: {Outsiders.Reason(inquiry.Who)}", details, Outsiders.Instead(inquiry));
        var code = rejection?.Raising is { Denied.Count: > 0 } ? ErrorCodes.Grant : ErrorCodes.RowSecurity;
        return Finding.Cause(code, $"{sentence} Nothing was written.", details, [.. CuresOf(inquiry, role, rejection)]);
    }

    private static IEnumerable<Cure> CuresOf(Inquiry inquiry, RoleFacts role, Rejection? rejection)
    {
        if (rejection?.Raising is { Denied: { Count: > 0 } denied })
            yield return Cures.GrantOthers(role.Name, denied);
        else if (inquiry.Who.Kind == IdentityKind.Owner && OwnerCures.For(inquiry, inquiry.Policies!) is { } migration)
            yield return migration;
        if (inquiry.Who.Kind == IdentityKind.ServiceRole)
            yield return Cures.Bypass(role.Name);
        yield return inquiry.Who.Kind == IdentityKind.ServiceRole ? Cures.WriteOverConnection : Cures.WriteAsService;
    }

    private static string Free(RoleFacts role, WriteFacts facts) =>
        role.Superuser ? "it is a superuser" : role.BypassesRowSecurity ? "it bypasses row-level security" : $"it owns the table{(facts.Owner == role.Name ? "" : $", by {facts.Owner}")}, and it is not forced";
}
