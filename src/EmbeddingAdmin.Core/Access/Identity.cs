using System.Text.Json;

namespace EmbeddingAdmin.Access;

/// <summary>Who may come to the table, whichever way.</summary>
public enum IdentityKind
{
    /// <summary>The role of the database connection: whoever this dashboard writes as.</summary>
    Connection,

    /// <summary>Supabase's <c>anon</c>: everybody on the internet.</summary>
    Anon,

    /// <summary>Supabase's <c>authenticated</c>, signed in as the owner of the row.</summary>
    Owner,

    /// <summary>Supabase's <c>authenticated</c>, signed in as somebody whose row it is not.</summary>
    Stranger,

    /// <summary>Supabase's <c>service_role</c>.</summary>
    ServiceRole,
}

/// <summary>The way to the table.</summary>
public enum Way
{
    /// <summary>A statement over the database connection, in a transaction that is rolled back.</summary>
    Sql,

    /// <summary>A request to the project's API with one of the configured keys.</summary>
    Api,
}

/// <summary>Somebody and the way that they come: a row of the access matrix.</summary>
/// <param name="Kind">Who.</param>
/// <param name="Way">Which way.</param>
public sealed record Identity(IdentityKind Kind, Way Way)
{
    /// <summary>All that are measured, in the order in which they are shown. Of signed-in users no token is at hand, so they come by SQL alone.</summary>
    public static IReadOnlyList<Identity> All { get; } =
    [
        new(IdentityKind.Connection, Way.Sql),
        new(IdentityKind.ServiceRole, Way.Sql),
        new(IdentityKind.ServiceRole, Way.Api),
        new(IdentityKind.Owner, Way.Sql),
        new(IdentityKind.Stranger, Way.Sql),
        new(IdentityKind.Anon, Way.Sql),
        new(IdentityKind.Anon, Way.Api),
    ];

    /// <summary>The role of the database connection.</summary>
    public static Identity Connection => All[0];

    /// <summary>The API with the service key.</summary>
    public static Identity ServiceKey => All[2];

    /// <summary>The API with the anonymous (publishable) key.</summary>
    public static Identity AnonymousKey => All[^1];

    /// <summary>The role in the database; null for the connection's, whose name only the server knows.</summary>
    public string? Role => Kind switch
    {
        IdentityKind.Connection => null,
        IdentityKind.Anon => "anon",
        IdentityKind.ServiceRole => "service_role",
        _ => "authenticated",
    };

    /// <summary>Whether writing is its business. That it cannot is then a fault; of all others it may be as it should.</summary>
    public bool ShouldWrite => Kind is IdentityKind.Connection or IdentityKind.ServiceRole;

    /// <summary>As it stands in addresses and in JSON, such as <c>serviceRole-api</c>.</summary>
    public string Slug => $"{JsonNamingPolicy.CamelCase.ConvertName(Kind.ToString())}-{JsonNamingPolicy.CamelCase.ConvertName(Way.ToString())}";

    /// <summary>The identity of that slug, or null.</summary>
    public static Identity? Find(string? slug) => All.FirstOrDefault(identity => string.Equals(identity.Slug, slug, StringComparison.Ordinal));
}
