using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Database.Tests;

public sealed class DemoTests(DemoTests.Clone demo) : IClassFixture<DemoTests.Clone>
{
    private readonly TestDatabase database = demo.Database;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("select count(*) from stories", 5000)]
    [InlineData("select count(*) from profiles", 1500)]
    [InlineData("select count(embedding) from stories", 0)]
    [InlineData("select count(preference_embedding) from profiles", 0)]
    [InlineData("select count(*) from stories where btrim(coalesce(title, '') || coalesce(content, ''), E' \\n') = ''", 40)]
    [InlineData("select count(*) from stories where title is null and content is null and genre is null and tags = '{}'", 5, 20)]
    [InlineData("select count(*) from profiles where btrim(coalesce(display_name, '') || coalesce(bio, '')) = '' and preferences = '{}'", 25)]
    [InlineData("select count(*) from stories where length(content) >= 20000", 12)]
    [InlineData("select max(length(content)) from stories", 20000, 22000)]
    [InlineData("select max(length(content)) from stories where length(content) < 20000", 2800, 3000)]
    [InlineData("select min(length(content)) from stories where btrim(content, E' \\n') <> ''", 50, 80)]
    [InlineData("select count(distinct genre) from stories", 8)]
    [InlineData("select count(*) from stories where tags && '{deutsch,français,español,日本語,عربي}'", 200, 500)]
    [InlineData("select count(*) from stories where content like '%' || U&'\\200D' || '%'", 50, 400)]
    [InlineData("select min(n) from (select count(*) as n from stories group by user_id)", 1)]
    [InlineData("select max(n) from (select count(*) as n from stories group by user_id)", 60)]
    [InlineData("select count(*) from stories s left join profiles p on p.id = s.user_id where p.id is null", 0)]
    [InlineData("select extract(day from max(created_at) - min(created_at))::bigint from stories", 725, 730)]
    [InlineData("select count(*) from pg_policies where tablename in ('stories', 'profiles') and cmd = 'SELECT'", 2)]
    [InlineData("select count(*) from pg_policies where tablename in ('stories', 'profiles') and cmd <> 'SELECT'", 0)]
    [InlineData("select count(*) from pg_class where relname in ('stories', 'profiles') and relrowsecurity and not relforcerowsecurity", 2)]
    [InlineData("select count(*) from information_schema.role_table_grants where table_name in ('stories', 'profiles') and grantee in ('anon', 'authenticated', 'service_role') and privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')", 24)]
    [InlineData("select count(*) from pg_roles where rolname in ('anon', 'authenticated') and not rolbypassrls and not rolcanlogin", 2)]
    [InlineData("select count(*) from pg_roles where rolname = 'service_role' and rolbypassrls and not rolcanlogin", 1)]
    [InlineData("select count(*) from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'vector' and nspname = 'extensions'", 1)]
    [InlineData("select count(*) from pg_attribute where attname in ('embedding', 'preference_embedding') and atttypmod = 1536", 2)]
    public async Task The_demo_is_as_described(string sql, int least, int? most = null) =>
        Assert.InRange(Convert.ToInt32(await database.ScalarAsync<object>(sql, Cancel)), least, most ?? least);

    [Fact]
    public async Task An_update_by_the_anonymous_role_changes_no_row_and_raises_no_error()
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(Cancel);
        await using var undone = await connection.BeginTransactionAsync(Cancel);
        await DemoDatabase.ExecuteAsync(connection, "set role anon", Cancel);
        await using var update = connection.CreateCommand();
        update.CommandText = "update stories set title = 'changed'";
        Assert.Equal(0, await update.ExecuteNonQueryAsync(Cancel));
        await DemoDatabase.ExecuteAsync(connection, "set role service_role", Cancel);
        Assert.Equal(5000, await update.ExecuteNonQueryAsync(Cancel));
    }

    [Fact]
    public void The_demo_is_the_same_every_time()
    {
        var users = DemoProfiles.UserIds();
        Assert.Equal(users, DemoProfiles.UserIds());
        Assert.Equal(users.Length, users.Distinct().Count());
        Assert.Equal(Print(users), Print(users));
        // What the documentation and the screenshots show; a change here changes everybody's demo.
        Assert.Equal("3501d50944547c5c", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Print(users))))[..16]);
    }

    [Fact]
    public void Genres_differ_in_their_words()
    {
        var words = DemoStories.Make(DemoProfiles.UserIds())
            .Where(story => story.Content?.Length < 3000 && story.Genre is not null && !story.Tags.Any(tag => tag is "deutsch" or "français" or "español" or "日本語" or "عربي"))
            .GroupBy(story => story.Genre!, StringComparer.Ordinal)
            .ToDictionary(genre => genre.Key, genre => genre.SelectMany(story => story.Content!.ToLowerInvariant().Split([' ', '.', ',', ';', '\n', '"', '?'], StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var (genre, own) in words)
            Assert.All(words.Where(other => !string.Equals(other.Key, genre, StringComparison.Ordinal)), other => Assert.InRange(own.Intersect(other.Value, StringComparer.Ordinal).Count(), 0, own.Count / 2));
    }

    private static string Print(Guid[] users) =>
        string.Join('\n', DemoStories.Make(users).Select(story => $"{story.Id} {story.UserId} {story.Title} {story.Content} {story.Genre} {string.Join(',', story.Tags)} {story.CreatedAt:O}"))
        + string.Join('\n', DemoProfiles.Make(users).Select(profile => profile.ToString()));

    public sealed class Clone(AssemblyStack stack) : IAsyncLifetime
    {
        public TestDatabase Database { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);

        public ValueTask DisposeAsync() => Database.DisposeAsync();
    }
}
