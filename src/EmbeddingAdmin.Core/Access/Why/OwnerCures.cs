using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Why;

/// <summary>The migrations by which whoever is signed in writes the rows that are their own. None opens anything to <c>anon</c>.</summary>
internal static class OwnerCures
{
    /// <summary>All that keeps the row's owner from writing it, undone for owners; null when nobody knows whose a row is.</summary>
    public static Cure? For(Inquiry inquiry, PolicyReport report)
    {
        if (Condition(inquiry) is not { } own)
            return null;
        var created = OwnRows(inquiry, report.Lacks(Clause.SelectOld, Clause.SelectNew), report.Lacks(Clause.UpdateOld, Clause.UpdateNew));
        string?[] says =
        [
            created?.Says,
            report.Restricting.Count == 0 ? null : $"Restrictive policies let through the rows that are the user's own by {inquiry.Table.Owner}, beside those that they let through now.",
            report.Raising.Count == 0 ? null : $"What raises the error is replaced by whose the row is by {inquiry.Table.Owner}. If it was meant for more, put that question into a function with SECURITY DEFINER.",
        ];
        string?[] sql =
        [
            .. report.Raising.Select(policy => Alter(inquiry, policy, _ => own)),
            .. report.Restricting.Select(policy => Alter(inquiry, policy, condition => $"({condition}) or ({own})")),
            created?.Sql,
        ];
        return sql.OfType<string>().Any() ? new(string.Join(' ', says.OfType<string>()), string.Join('\n', sql.OfType<string>())) : null;
    }

    /// <summary>Policies for the owners' own rows; null when none is asked for, or nobody knows whose a row is.</summary>
    public static Cure? OwnRows(Inquiry inquiry, bool select, bool update)
    {
        if (Condition(inquiry) is not { } own || !(select || update))
            return null;
        string?[] statements =
        [
            select ? $"create policy {Fresh(inquiry, "Owners see their own rows")} on {inquiry.Relation} for select to authenticated using ({own});" : null,
            update ? $"create policy {Fresh(inquiry, "Owners change their own rows")} on {inquiry.Relation} for update to authenticated using ({own}) with check ({own});" : null,
        ];
        return new(
            $"A migration by which whoever is signed in {(update ? "changes" : "sees")} the rows that are their own by {inquiry.Table.Owner}, and nobody else's. It holds for every column that authenticated is granted.",
            string.Join('\n', statements.OfType<string>()));
    }

    /// <summary>That a row is the user's own; null when the settings name no owner column, or the table has none of that name.</summary>
    private static string? Condition(Inquiry inquiry)
    {
        if (inquiry.Columns?.Columns.FirstOrDefault(column => column.Name == inquiry.Table.Owner) is not { } owner)
            return null;
        var user = (inquiry.Server.AuthUid, owner.BaseType) switch
        {
            (true, "uuid") => "(select auth.uid())",
            (true, _) => $"(select auth.uid())::text::{owner.ValueType}",
            _ => $"(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::{owner.ValueType}",
        };
        return $"{SqlName.Of(owner.Name)} = {user}";
    }

    private static string Alter(Inquiry inquiry, PolicyFacts policy, Func<string, string> change)
    {
        return $"alter policy {SqlName.Of(policy.Name)} on {inquiry.Relation}{With("using", policy.Using)}{With("with check", policy.Check)};";

        string With(string clause, string? condition) => condition is null ? "" : $" {clause} ({change(condition)})";
    }

    /// <summary>The name, or the first with a number that no policy of the table has.</summary>
    private static SqlName Fresh(Inquiry inquiry, string name)
    {
        var taken = inquiry.Facts!.Policies.Select(policy => policy.Name).ToHashSet(StringComparer.Ordinal);
        return SqlName.Of(Enumerable.Range(1, taken.Count + 1).Select(number => number == 1 ? name : $"{name} {number}").First(free => !taken.Contains(free)));
    }
}
