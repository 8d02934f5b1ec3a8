using EmbeddingAdmin.Testing.Provider;

namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed class VerifyCommandTests(AssemblyStack stack) : DemoCommands(stack)
{
    [Fact]
    public async Task Verify_gives_the_report_as_JSON_beside_all_that_a_run_has_and_in_words()
    {
        await Database.ExecuteAsync("delete from profiles where id not in (select id from profiles where bio <> '' order by id limit 50)", Cancel);
        await using var provider = await ScriptedProvider.StartAsync(token: Cancel);
        var settings = WithProvider(provider);
        Assert.Equal(0, (await App.RunAsync(settings, "backfill", "profiles", "--json")).ExitCode);

        var clean = await App.RunAsync(settings, "verify", "profiles", "--sample", "5", "--json");
        Assert.Equal((0, "verified"), (clean.ExitCode, Text(clean.Json, "verdict")));
        Assert.Equal(["run", "kind", "table", "status", "verdict", "receipt", "tokens", "seconds", "report"], Names(clean.Json));
        var report = clean.Json.GetProperty("report");
        Assert.Equal((5, 5, 10, 0), (report.GetProperty("sample").GetProperty("asked").GetInt32(), report.GetProperty("sample").GetProperty("compared").GetInt32(), report.GetProperty("checks").GetArrayLength(), report.GetProperty("found").GetInt32()));
        Assert.Equal(clean.Json.GetProperty("tokens").GetInt64(), report.GetProperty("sample").GetProperty("tokens").GetInt64());

        await Database.ExecuteAsync("update profiles set preference_embedding = null where id in (select id from profiles order by id limit 3)", Cancel);
        var said = await App.RunAsync(settings, "verify", "profiles");
        Assert.Equal(1, said.ExitCode);
        foreach (var words in (string[])["47 of 50 texts have their vector as it is claimed; 3 have not: 3 lost or replaced.", "3 reverted (EA-VER-02), such as row ", "0 missing (EA-VER-01)", "– drifted (EA-VER-07), not looked for", "NaN and ∞ cannot be stored"])
            Assert.Contains(words, said.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    public async Task A_sample_that_cannot_be_is_refused(string sample)
    {
        var refused = await App.RunAsync(Local, "verify", "profiles", "--sample", sample, "--json");

        Assert.Equal((2, ErrorCodes.OutOfRange), (refused.ExitCode, refused.ErrorCode));
    }
}
