namespace EmbeddingAdmin.Access;

/// <summary>How access is tried.</summary>
public sealed record AccessTry
{
    /// <summary>The key of the row that is tried; null to take one.</summary>
    public string? Key { get; init; }

    /// <summary>The owner as whom <see cref="IdentityKind.Owner"/> is signed in, a value of the table's owner column; null to take that of the row.</summary>
    public string? Owner { get; init; }

    /// <summary>
    /// Whether somebody has agreed that a request which changes no value fires the table's triggers and is passed on by its publications. By SQL
    /// everything is rolled back; over the API a request is a real write.
    /// </summary>
    public bool MayFire { get; init; }
}
