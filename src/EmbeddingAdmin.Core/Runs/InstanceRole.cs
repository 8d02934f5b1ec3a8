namespace EmbeddingAdmin.Runs;

/// <summary>What one of several programs side by side does, by the setting <c>Role</c>.</summary>
public sealed record InstanceRole
{
    /// <summary>The name of the setting.</summary>
    public const string Setting = "Role";

    private static readonly InstanceRole[] All = [new("dashboard", shows: true, drives: false), new("worker", shows: false, drives: true), new("both", shows: true, drives: true)];

    private InstanceRole(string name, bool shows, bool drives) => (Name, Shows, Drives) = (name, shows, drives);

    /// <summary>As in the settings and in <c>embedding_admin.instance.role</c>.</summary>
    public string Name { get; }

    /// <summary>Whether it shows the dashboard.</summary>
    public bool Shows { get; }

    /// <summary>Whether it drives runs.</summary>
    public bool Drives { get; }

    /// <summary>What it does when nothing else is said: everything.</summary>
    public static InstanceRole Both { get; } = All[2];

    /// <summary>Reads the setting.</summary>
    /// <returns>The role and no problem, or the reverse.</returns>
    public static (InstanceRole? Role, SettingProblem? Problem) Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return (Both, null);
        return Array.Find(All, role => role.Name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) is { } role
            ? (role, null)
            : (null, new(ErrorCodes.OutOfRange, Setting, "It is none of dashboard, worker and both. Set one of them, or leave it out: then it is both."));
    }
}
