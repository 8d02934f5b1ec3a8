namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed class ScopeCommandTests(AssemblyStack stack) : DemoCommands(stack)
{
    [Fact]
    public async Task The_rows_of_every_scope_are_counted_before_anything_is_started()
    {
        var keys = await Database.ScalarAsync<string[]>("select array_agg(id::text) from (select id from profiles where btrim(coalesce(bio, ''), E' \\n\\t') <> '' order by id limit 3) p", Cancel);
        var file = Path.Combine(AppContext.BaseDirectory, $"{Database.Name}.keys");
        await File.WriteAllTextAsync(file, string.Join('\n', keys!), Cancel);
        try
        {
            var all = await App.RunAsync(Local, "backfill", "profiles", "--count", "--json");
            Assert.Equal((0, "", 1500L, 1475L), (all.ExitCode, all.Error, Long(all, "rows"), Long(all, "rowsWithText")));
            Assert.Equal(["table", "rows", "rowsWithText", "asOf"], all.Json.EnumerateObject().Select(part => part.Name));
            Assert.InRange(all.Json.GetProperty("asOf").GetDateTimeOffset().UtcDateTime, await Database.ScalarAsync<DateTime>("select clock_timestamp() - interval '5 minutes'", Cancel), await Database.ScalarAsync<DateTime>("select clock_timestamp()", Cancel));

            Assert.Equal(20, Long(await App.RunAsync(Local, "backfill", "profiles", "--first", "20", "--count", "--json"), "rows"));
            Assert.Equal(0, Long(await App.RunAsync(Local, "backfill", "profiles", "--scope", "stale-text", "--scope", "unstamped", "--count", "--json"), "rows"));
            Assert.Equal(2, Long(await App.RunAsync(Local, "backfill", "profiles", "--keys", string.Join(", ", keys!.Take(2)), "--count", "--json"), "rows"));
            Assert.Equal(3, Long(await App.RunAsync(Local, "backfill", "profiles", "--keys", $"@{file}", "--count", "--json"), "rows"));
            Assert.Contains("1,500 rows in scope. 1,475 with text", (await App.RunAsync(Local, "backfill", "profiles", "--count")).Output, StringComparison.Ordinal);
            Assert.Equal(0, await Database.ScalarAsync<long>("select count(*) from embedding_admin.run", Cancel));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task What_failed_is_listed_exported_and_retried_by_a_linked_run()
    {
        await Database.ExecuteAsync("update profiles set bio = repeat('word ', 300000) where id in (select id from profiles where btrim(coalesce(bio, ''), E' \\n\\t') <> '' order by id limit 2)", Cancel);

        var first = await App.RunAsync(Local, "backfill", "profiles", "--first", "20", "--json");
        Assert.Equal((1, "20 rows in scope."), (first.ExitCode, first.Error.Split('\n')[0]));
        var run = Long(first, "run");
        var failures = await App.RunAsync(Local, "failures", $"{run}", "--json");
        Assert.Equal((0, 2L), (failures.ExitCode, Long(failures, "rows")));
        var cause = Assert.Single(failures.Json.GetProperty("causes").EnumerateArray());
        Assert.Equal(("tooLong", "provider", 2L), (cause.GetProperty("outcome").GetString(), cause.GetProperty("stage").GetString(), cause.GetProperty("rows").GetInt64()));
        Assert.Contains("Shorten the text", cause.GetProperty("cure").GetString(), StringComparison.Ordinal);
        var csv = (await App.RunAsync(Local, "failures", $"{run}", "--csv")).Output.Split("\n", StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(("key,outcome,stage,code,attempts,message,at", 3), (csv[0], csv.Length));
        Assert.All(csv[1..3], line => Assert.Matches("^[0-9a-f-]{36},tooLong,provider,,1,The text has 1500[0-9]{3} bytes; .*Z$", line));
        Assert.Contains("2 too long: The text has", (await App.RunAsync(Local, "failures", $"{run}")).Output, StringComparison.Ordinal);

        await Database.ExecuteAsync("update profiles set bio = 'shorter' where length(bio) > 10000", Cancel);
        var retry = await App.RunAsync(Local, "backfill", "profiles", "--failed-in", $"{run}", "--json");
        Assert.Equal((0, "2 rows in scope."), (retry.ExitCode, retry.Error.Split('\n')[0]));
        Assert.Equal([Long(retry, "run")], (await App.RunAsync(Local, "failures", $"{run}", "--json")).Json.GetProperty("retriedBy").EnumerateArray().Select(id => id.GetInt64()));
        Assert.Equal(0, Long(await App.RunAsync(Local, "backfill", "profiles", "--failed-in", $"{run}", "--count", "--json"), "rows"));
    }

    private static long Long(Ended ended, string name) => ended.Json.GetProperty(name).GetInt64();
}
