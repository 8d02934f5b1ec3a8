namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed class RefusedScopeTests(AssemblyStack stack) : DemoCommands(stack)
{
    /// <summary>The options, the code that they are refused with, and a word of the sentence.</summary>
    private static readonly (string[] Options, string Code, string Word)[] Cases =
    [
        (["--scope", "missing", "--keys", "a"], "EA-CLI-01", "contradict"),
        (["--failed-in", "1", "--keys", "a"], "EA-CLI-01", "contradict"),
        (["--failed-in", "1", "--scope", "outdated"], "EA-CLI-01", "contradict"),
        (["--scope", "everything"], "EA-CLI-01", "stale-text"),
        (["--first", "5", "--limit", "6"], "EA-CLI-01", "--first"),
        (["--owner", ""], "EA-CLI-01", "nobody"),
        (["--keys", "@/nowhere/at/all"], "EA-CLI-01", "cannot be read"),
        (["--keys", "not-a-uuid"], "EA-ROW-01", "not-a-uuid"),
        (["--failed-in", "4711"], "EA-RUN-03", "4711"),
        (["--owner", "ada"], "EA-SCH-11", "owner column"),
    ];

    [Fact]
    public async Task Options_that_contradict_each_other_or_name_nothing_are_refused_and_start_nothing()
    {
        // Each is a program of its own; they share a database, which none of them changes.
        foreach (var (options, code, word) in Cases)
        {
            var refused = await App.RunAsync(Local.Where(setting => setting.Name != "Tables__1__Owner"), ["backfill", "profiles", .. options, "--json"]);

            Assert.Equal(
                (string.Join(' ', options), code.StartsWith("EA-SCH", StringComparison.Ordinal) ? 3 : 2, code),
                (string.Join(' ', options), refused.ExitCode, refused.ErrorCode));
            Assert.Contains(word, refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.Empty((await App.RunAsync(Local, "runs", "--json")).Json.EnumerateArray());
    }
}
