using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed class NeighbourCommandTests(AssemblyStack stack)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backfill_whose_updates_set_off_more_is_refused_with_the_list_until_it_is_accepted()
    {
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Demo, Cancel);
        await database.ExecuteAsync("create function nothing() returns trigger language plpgsql as $$ begin return new; end $$; create trigger noted after update on profiles for each row execute function nothing()", Cancel);
        (string, string)[] local =
        [
            ("ConnectionStrings__Postgres", database.ConnectionString), ("Embeddings__Provider", "local"), ("Database__AutoMigrate", "true"),
            .. DemoTables.Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!)),
        ];

        var refused = await App.RunAsync(local, "backfill", "profiles", "--first", "20", "--json");

        Assert.Equal((2, "EA-RUN-13"), (refused.ExitCode, refused.ErrorCode));
        foreach (var words in (string[])["public.profiles", "The trigger noted will fire up to 20 times, after each row: it calls public.nothing.", "--accept-neighbours"])
            Assert.Contains(words, refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from embedding_admin.run", Cancel));

        await database.ExecuteAsync("create index near on profiles using hnsw (preference_embedding extensions.vector_cosine_ops)", Cancel);
        var counted = await App.RunAsync(local, "backfill", "profiles", "--count", "--json");
        Assert.Equal((0, 1500L), (counted.ExitCode, counted.Json.GetProperty("rows").GetInt64()));
        Assert.Equal(
            ["The trigger noted will fire 1,475 times, after each row", "The index near (hnsw, 16 KB) will be kept up 1,475 times", "How much the index slows the writing down was not measured"],
            counted.Error.Split('\n').Select(line => line.Split([": it calls", ": every", ": trying"], StringSplitOptions.None)[0]));
        await database.ExecuteAsync("drop index near", Cancel);

        var accepted = await App.RunAsync(local, "backfill", "profiles", "--first", "20", "--accept-neighbours", "--json");

        Assert.Equal((0, "succeeded"), (accepted.ExitCode, accepted.Json.GetProperty("status").GetString()));
        Assert.Equal(["20 rows in scope.", "The trigger noted will fire up to 20 times, after each row: it calls public.nothing."], accepted.Error.Split('\n').Take(2));
        Assert.Matches("^[0-9a-f]{12}$", await database.ScalarAsync<string>("select plan ->> 'neighbours' from embedding_admin.run", Cancel));
    }
}
