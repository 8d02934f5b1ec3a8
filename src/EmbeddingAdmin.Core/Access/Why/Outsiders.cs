using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Why;

/// <summary>What is said to those of whom it is right that they cannot write: everybody on the internet, and strangers to the row.</summary>
internal static class Outsiders
{
    /// <summary>Why it is as it should be.</summary>
    public static string Reason(Identity who) => who.Kind == IdentityKind.Anon
        ? "anon is everybody on the internet, and whoever has the publishable key."
        : "the row is not theirs.";

    /// <summary>Writing as somebody whose business it is; never anything that opens the table.</summary>
    public static IReadOnlyList<Cure> Instead(Inquiry inquiry) =>
        Owners(inquiry) is { } owners ? [Cures.WriteAsService, owners] : [Cures.WriteAsService];

    /// <summary>The migration by which owners write their own rows; null where they may have a way already, or the table is open to whoever is granted it.</summary>
    private static Cure? Owners(Inquiry inquiry)
    {
        if (inquiry is not { Facts: { RowSecurity: true } facts, SignedIn: { } signedIn, Target: { } target } || Have("update"))
            return null;
        string?[] grants =
        [
            signedIn.Selects.Contains(target.KeyName, StringComparer.Ordinal) ? null : $"select ({target.Key})",
            signedIn.Updates.Contains(target.Table.Vector, StringComparer.Ordinal) ? null : $"update ({target.Vector})",
        ];
        var granted = grants.OfType<string>().Any() ? $"grant {string.Join(", ", grants.OfType<string>())} on {inquiry.Relation} to {SqlName.Of(signedIn.Name)};\n" : "";
        return OwnerCures.OwnRows(inquiry, select: !Have("select"), update: true) is { } owners ? new($"Or have the owners write their own rows. {owners.Says}", granted + owners.Sql) : null;

        bool Have(string command) => facts.Policies.Any(policy =>
            policy.Permissive && (policy.Command == command || policy.Command == "all") && policy.Roles.Any(role => role is "public" or "authenticated"));
    }
}
