using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Web.Access;

/// <summary>Who may come and what is asked of them, in an operator's words.</summary>
public static class AccessWords
{
    /// <summary>Who it is, whichever way they come: what the ways of one are grouped under.</summary>
    public static string Group(IdentityKind kind) => kind switch
    {
        IdentityKind.Connection => "This dashboard",
        IdentityKind.ServiceRole => "service_role",
        IdentityKind.Owner or IdentityKind.Stranger => "authenticated",
        IdentityKind.Anon => "anon",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>What there is to know of them.</summary>
    public static string Meaning(IdentityKind kind) => kind switch
    {
        IdentityKind.Connection => "the connection that writes",
        IdentityKind.ServiceRole => "whoever has the secret key",
        IdentityKind.Owner or IdentityKind.Stranger => "whoever signs in to the app",
        IdentityKind.Anon => "everybody on the internet",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>Which way they come.</summary>
    /// <param name="identity">Who.</param>
    /// <param name="role">The name of the connection's role, when it is known.</param>
    public static string Way(Identity identity, string role)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return identity switch
        {
            { Kind: IdentityKind.Connection } => string.IsNullOrEmpty(role) ? "as its database role" : $"as the role {role}",
            { Kind: IdentityKind.Owner } => "as the row's owner",
            { Kind: IdentityKind.Stranger } => "as somebody else",
            { Way: EmbeddingAdmin.Access.Way.Sql } => "by SQL",
            { Kind: IdentityKind.ServiceRole } => "through the API, with the service key",
            _ => "through the API, with the anonymous key",
        };
    }

    /// <summary>The whole of it, to stand alone.</summary>
    public static string Who(Identity identity, string role = "")
    {
        ArgumentNullException.ThrowIfNull(identity);
        return identity.Kind == IdentityKind.Connection && string.IsNullOrEmpty(role) ? Group(identity.Kind) : $"{Group(identity.Kind)}, {Way(identity, role)}";
    }

    /// <summary>By the key or the role that they come with, as the overview names those that write.</summary>
    public static string Writer(Identity identity, string role) =>
        identity == Identity.Connection ? $"Database role {role}".TrimEnd()
        : identity == Identity.ServiceKey ? "Service key"
        : identity == Identity.AnonymousKey ? "Anonymous key"
        : Who(identity, role);

    public static string Question(AccessQuestion question) => question switch
    {
        AccessQuestion.Sees => "Sees the rows?",
        AccessQuestion.Changes => "May change the vector?",
        AccessQuestion.Sticks => "Does the change stick?",
        _ => throw new ArgumentOutOfRangeException(nameof(question), question, null),
    };
}
