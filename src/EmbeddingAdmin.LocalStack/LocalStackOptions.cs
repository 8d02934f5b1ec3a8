namespace EmbeddingAdmin.Local;

/// <summary>What to start, and where to keep it.</summary>
public sealed record LocalStackOptions
{
    /// <summary>
    /// A folder of this stack's own, one per checkout and ignored by git: the database's files, the API's folder, keys and the
    /// state file by which a second process finds a stack that is up. Made with mode 0700.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Unpacked Debian packages and npm modules, shared by all checkouts of a user and locked while they are being filled.
    /// Default: <c>embedding-admin</c> in <c>$XDG_CACHE_HOME</c> or <c>~/.cache</c>.
    /// </summary>
    public string CacheFolder { get; init; } = DefaultCacheFolder();

    /// <summary>
    /// Connection string (<c>key=value</c>) of an existing PostgreSQL 15 or later with pgvector 0.7 or later; the role must be
    /// allowed to create databases, roles and the extension. A database <c>embedding_admin_demo</c> is made there. What an
    /// operator names wins over every other source. Null: find one.
    /// </summary>
    public string? Postgres { get; init; }

    /// <summary>The Debian archive that packages come from. Null: the one in this machine's own apt sources.</summary>
    public string? DebianMirror { get; init; }

    /// <summary>Drop the demo's tables and the schema <c>embedding_admin</c>, and load the demo again.</summary>
    public bool ResetDemo { get; init; }

    /// <summary>Put the Supabase-compatible API in front of the database.</summary>
    public bool WithApi { get; init; } = true;

    /// <summary>Load the demo's stories and profiles when they are not there.</summary>
    public bool WithDemo { get; init; } = true;

    /// <summary>False: fsync and its relatives are off. For databases that nobody will miss.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>The only clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    private static string DefaultCacheFolder()
    {
        var root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        // The XDG specification says that a relative path is to be ignored.
        if (string.IsNullOrEmpty(root) || !Path.IsPathRooted(root))
            root = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
        return Path.Combine(root, "embedding-admin");
    }
}

/// <summary>How to reach a stack that is up. Holds secrets: never log it.</summary>
/// <param name="ConnectionString">Npgsql's form; the role is a superuser on a server of our own.</param>
/// <param name="ApiUrl">Such as <c>http://127.0.0.1:54321</c>, without a closing slash; null when there is no API.</param>
/// <param name="AnonKey">The publishable key, or null.</param>
/// <param name="ServiceKey">The secret key, or null.</param>
/// <param name="Source">Where Postgres comes from, for people: "Debian 13 packages, PostgreSQL 17.6".</param>
/// <param name="ApiMissing">A sentence why there is no API; null when there is one or none was asked for.</param>
public sealed record LocalStackConnection(
    string ConnectionString, string? ApiUrl, string? AnonKey, string? ServiceKey, string Source, string? ApiMissing)
{
    /// <summary>The source alone, so that a record in a log gives no secret away.</summary>
    public override string ToString() => Source;
}

/// <summary>The stack cannot be started. The message says why and closes with what to type.</summary>
public sealed class LocalStackException : Exception
{
    /// <summary>For serializers.</summary>
    public LocalStackException() { }

    /// <summary>With the sentence for the terminal.</summary>
    public LocalStackException(string message) : base(message) { }

    /// <summary>With the sentence for the terminal and what caused it.</summary>
    public LocalStackException(string message, Exception? cause) : base(message, cause) { }
}
