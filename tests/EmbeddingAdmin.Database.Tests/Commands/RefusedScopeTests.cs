namespace EmbeddingAdmin.Database.Tests.Commands;

public sealed class RefusedScopeTests(AssemblyStack stack) : DemoCommands(stack)
{
    [Theory]
    [InlineData("EA-CLI-01", "contradict", "--scope", "missing", "--keys", "a")]
    [InlineData("EA-CLI-01", "contradict", "--failed-in", "1", "--keys", "a")]
    [InlineData("EA-CLI-01", "contradict", "--failed-in", "1", "--scope", "outdated")]
    [InlineData("EA-CLI-01", "stale-text", "--scope", "everything")]
    [InlineData("EA-CLI-01", "--first", "--first", "5", "--limit", "6")]
    [InlineData("EA-CLI-01", "nobody", "--owner", "")]
    [InlineData("EA-CLI-01", "cannot be read", "--keys", "@/nowhere/at/all")]
    [InlineData("EA-ROW-01", "not-a-uuid", "--keys", "not-a-uuid")]
    [InlineData("EA-RUN-03", "4711", "--failed-in", "4711")]
    [InlineData("EA-SCH-11", "owner column", "--owner", "ada")]
    public async Task Options_that_contradict_each_other_or_name_nothing_are_refused(string code, string words, params string[] options)
    {
        var refused = await App.RunAsync(Local.Where(setting => setting.Name != "Tables__1__Owner"), ["backfill", "profiles", .. options, "--json"]);

        var exit = code.StartsWith("EA-SCH", StringComparison.Ordinal) ? 3 : 2;
        Assert.Equal((exit, code), (refused.ExitCode, refused.ErrorCode));
        Assert.Contains(words, refused.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty((await App.RunAsync(Local, "runs", "--json")).Json.EnumerateArray());
    }
}
