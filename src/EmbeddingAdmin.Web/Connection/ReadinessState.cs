using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>How far the dashboard is on its way to a database that it can use.</summary>
public abstract record ReadinessState
{
    /// <summary>A part of the connection is set, and the database is not. Only other settings change this.</summary>
    /// <param name="Project">The host of the project's address; null when none is set.</param>
    /// <param name="HasServiceKey">Whether a service key is set.</param>
    public sealed record HalfConfigured(string? Project, bool HasServiceKey) : ReadinessState;

    /// <summary>The database is being asked for the first time, or once more on an operator's word.</summary>
    public sealed record Connecting : ReadinessState;

    /// <summary>The database does not answer; it is tried again by itself.</summary>
    /// <param name="Fault">Why.</param>
    /// <param name="TriedAt">When it was tried last.</param>
    public sealed record Unreachable(Fault Fault, DateTimeOffset TriedAt) : ReadinessState;

    /// <summary>The database was reached and does not let us work. It is tried again only when an operator says so: servers and poolers shut out whoever keeps trying.</summary>
    /// <param name="Fault">Why.</param>
    /// <param name="TriedAt">When.</param>
    public sealed record Refused(Fault Fault, DateTimeOffset TriedAt) : ReadinessState;

    /// <summary>The database answers and has no schema of ours; nothing was made.</summary>
    /// <param name="Host">The host of the settings.</param>
    /// <param name="Port">The port of the settings.</param>
    /// <param name="Database">The database's name, as the server has it.</param>
    /// <param name="Role">The role that would make the schema.</param>
    /// <param name="Tables">How many tables the schema would have.</param>
    /// <param name="RoleMayCreate">Whether the role has the right to make it.</param>
    public sealed record NeedsConfirmation(string Host, int Port, string Database, string Role, int Tables, bool RoleMayCreate) : ReadinessState;

    /// <summary>The schema is as this program needs it. It stays so, whatever the database does, unless the database refuses the user or the password.</summary>
    public sealed record Ready : ReadinessState;
}
