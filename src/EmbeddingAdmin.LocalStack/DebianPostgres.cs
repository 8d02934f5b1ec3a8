namespace EmbeddingAdmin.Local;

/// <summary>PostgreSQL 17 with pgvector out of Debian 13's packages.</summary>
internal static class DebianPostgres
{
    private static readonly DebianPrograms Programs = new("debian13-postgres17-1", "postgres.lock", "PostgreSQL 17 with pgvector", "postgresql-17-pgvector");

    /// <inheritdoc cref="DebianPrograms.WhyNot"/>
    public static string? WhyNot(LocalStackOptions options) => Programs.WhyNot(options);

    /// <summary>Takes the programs from the cache, or fetches them into it.</summary>
    public static async Task<PostgresPrograms> GetAsync(LocalStackOptions options, PostgresUser user, IProgress<string> steps, CancellationToken cancel) =>
        PostgresPrograms.In(await Programs.GetAsync(options, user, PostgresPrograms.WrapServer, steps, cancel));
}
