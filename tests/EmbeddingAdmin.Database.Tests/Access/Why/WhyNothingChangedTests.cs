using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Surroundings;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>Each way in which an update comes to nothing gets its one true sentence, its code, and a cure that cures it.</summary>
[Collection(nameof(WhyDatabase))]
public sealed partial class WhyNothingChangedTests(WhyDatabase database)
{
    public static TheoryData<string> Names => new(WhyCase.All.Select(one => one.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_said_what_it_was_and_what_cures_it(string name)
    {
        var one = WhyCase.All.Single(one => one.Name == name);
        await database.BeginAsync(one.Setup);
        var (before, calls) = (await database.ChecksumAsync(), database.Engine.Provider.Counts.Calls);
        if (one.Shows is var (sql, rows))
            Assert.Equal(rows, await database.ActAsync(one.Identity, sql));

        var said = await AskAsync(one, one.Identity);

        Assert.Equal(one.Cells, string.Join(' ', said.Measured.Select(cell => cell.Answer)));
        Assert.Equal((one.Code, one.Cause), (said.Code, said.Steps.SingleOrDefault(step => step.Found == Found.Cause)?.Suspect));
        Assert.Contains(one.Says.Replace("writer", database.Role, StringComparison.Ordinal), said.Sentence, StringComparison.Ordinal);
        Assert.Equal(Enum.GetValues<Suspect>(), said.Steps.Select(step => step.Suspect));
        Assert.All(said.Steps, step => Assert.NotEmpty(step.Sentence));
        if (one.Cause is { } cause)
            Assert.All(said.Steps, step => Assert.True(step.Found == Found.Note || (step.Suspect < cause ? step.Found == Found.Clear || one.Code == ErrorCodes.TableMissing : step.Suspect == cause || step.Found == Found.NotLooked), $"{step}"));
        if (one.Detail is { } detail)
            Assert.Contains(said.Steps.SelectMany(step => step.Details), line => line.Contains(detail, StringComparison.Ordinal));
        // What was tried left nothing behind, no row's text is told, and nothing was sent anywhere.
        Assert.Equal((before, calls), (await database.ChecksumAsync(), database.Engine.Provider.Counts.Calls));
        Assert.DoesNotContain("the content of", Told(said), StringComparison.Ordinal);
        Assert.DoesNotContain("to anon", string.Concat(said.Cures.Select(cure => cure.Sql)), StringComparison.Ordinal);
        await CureAsync(one, said);
    }

    private async Task CureAsync(WhyCase one, Diagnosis said)
    {
        if (one.Cure is { } words)
        {
            Assert.Contains(words, said.Cures[0].Sql, StringComparison.Ordinal);
            await database.SqlAsync(said.Cures[0].Sql);
            one = one with { Instead = one.Who };
        }
        else
        {
            Assert.All(said.Cures.Take(1), cure => Assert.Empty(cure.Sql));
        }

        if (one.Instead is not { } instead)
        {
            Assert.True(one.Cause is null || said.Cures.Count == 0 || one.Code is not null);
            return;
        }

        Assert.NotEmpty(said.Cures);
        var identity = Identity.Find(instead)!;
        // To an outsider the owners' migration is offered as well.
        foreach (var owners in said.Cures.Skip(1).Where(cure => one.Cure is null && cure.Sql.Length > 0))
        {
            await database.SqlAsync(owners.Sql);
            Assert.True((await AskAsync(one, Identity.Find("owner-sql")!)).Writes);
            Assert.False((await AskAsync(one, one.Identity)).Writes);
        }

        if (one.Relation != "stories")
            await database.SqlAsync("grant select, update on stories to writer; alter role writer bypassrls");

        var again = await AskAsync(one with { Relation = "stories" }, identity);

        Assert.True(again.Writes, again.Sentence);
        Assert.Null(again.Code);
        if (identity != Identity.Connection)
            return;
        var request = await database.Writer.AcceptedAsync(new(RunKind.Backfill, "stories") { Scope = CoverageStates.Mendable }, TestEngine.Cancel);
        var (run, lease) = await database.Writer.GetControl().StartHereAsync(request, TestEngine.Operator, TestEngine.Cancel);
        var ended = await database.Writer.GetRunner().RunAsync(run, lease, TestEngine.Cancel);
        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (ended.Status, ended.Verdict, ended.Reason));
        Assert.Empty(await database.Engine.DifferencesAsync());
        var settled = await AskAsync(one with { Relation = "stories" }, identity);
        Assert.Contains($"The row 1 holds the vector of its text already: run {run.Id} wrote it at", settled.Sentence, StringComparison.Ordinal);
    }

    private Task<Diagnosis> AskAsync(WhyCase one, Identity who) =>
        database.AskAsync(who, new() { Key = one.Key.Length > 0 ? one.Key : null }, one.Relation == "stories" ? null : database.Engine.Table with { Table = one.Relation });

    private static string Told(Diagnosis said) => System.Text.Json.JsonSerializer.Serialize(said);
}
