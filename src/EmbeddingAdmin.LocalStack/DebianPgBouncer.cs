namespace EmbeddingAdmin.Local;

/// <summary>PgBouncer out of Debian 13's packages: a set of its own, so that a first start without a pooler does not fetch it.</summary>
internal static class DebianPgBouncer
{
    private static readonly DebianPrograms Programs = new("debian13-pgbouncer-1", "pgbouncer.lock", "PgBouncer", "pgbouncer");

    /// <inheritdoc cref="DebianPrograms.WhyNot"/>
    public static string? WhyNot(LocalStackOptions options) => Programs.WhyNot(options);

    /// <summary>The command that starts it, without its configuration file; fetches the programs where they are not in the cache.</summary>
    public static async Task<IReadOnlyList<string>> GetAsync(LocalStackOptions options, PostgresUser user, IProgress<string> steps, CancellationToken cancel)
    {
        var folder = await Programs.GetAsync(options, user, _ => { }, steps, cancel);
        var loader = PostgresPrograms.LoaderIn(folder);
        return [loader, "--library-path", Path.GetDirectoryName(loader)!, Path.Combine(folder, "usr/sbin/pgbouncer")];
    }
}
