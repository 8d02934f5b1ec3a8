using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Provider;

namespace EmbeddingAdmin.Database.Tests.Providers;

/// <summary>What is tried before a run is made, and what is left when it is not made.</summary>
public sealed class ProbedStartTests(AssemblyStack stack)
{
    private static readonly StartRequest Request = new(RunKind.Backfill, "stories");

    [Theory]
    [InlineData(401, """{"error":{"code":"invalid_api_key","message":"Incorrect API key"}}""", Misdeed.None, "EA-PRV-01", "Set a valid key")]
    [InlineData(403, "{}", Misdeed.None, "EA-PRV-02", "Allow the key's project")]
    [InlineData(404, "{}", Misdeed.None, "EA-PRV-03", "Check Embeddings:Model")]
    [InlineData(429, """{"error":{"code":"insufficient_quota"}}""", Misdeed.None, "EA-PRV-05", "Top the account up")]
    [InlineData(200, null, Misdeed.HalfTheDimensions, "EA-SCH-05", "The vector has 12 dimensions; the column takes 24.")]
    [InlineData(200, null, Misdeed.SameVectors, "EA-PRV-25", "same vector")]
    [InlineData(200, null, Misdeed.NotUnit, "EA-PRV-13", "although the model promises 1")]
    public async Task A_provider_that_is_not_fit_starts_nothing_and_gets_no_rows_text(int status, string? body, Misdeed misdeed, string code, string words)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        engine.Provider.Script.Probe = new(status, body, Misdeed: misdeed);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.BackfillAsync());

        Assert.Equal(code, refused.Code);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Contains("No run was started and no row's text was sent.", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("EA-", refused.Message, StringComparison.Ordinal);
        Assert.Equal((1L, 0L), (engine.Provider.Counts.Probes, engine.Provider.Counts.Calls));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
        Assert.Equal($"{code}: backfill of stories was refused.", await engine.Database.ScalarAsync<string>(
            "select details ->> 'sentence' from embedding_admin.event where kind = 'run.start.refused' and actor = 'tester'", TestEngine.Cancel));

        // Once that is settled, the same request goes through.
        engine.Provider.Script.Probe = new();
        Assert.Equal(RunStatus.Succeeded, (await engine.BackfillAsync()).Status);
    }

    [Fact]
    public async Task A_server_whose_certificate_nobody_vouches_for_gets_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);
        await using var services = engine.Another(null, ("Embeddings:Endpoint", engine.Provider.SelfSignedEndpoint));

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => services.GetControl().StartAsync(Request, TestEngine.Operator, TestEngine.Cancel));

        Assert.Equal(ErrorCodes.UntrustedConnection, refused.Code);
        Assert.Contains("install the authority that signed the certificate", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0L, 0L), (engine.Provider.Counts.Probes, engine.Provider.Counts.Calls));
    }

    [Theory]
    [InlineData("Embeddings:Model", "text-embedding-ada-002", "makes vectors of 1536 dimensions only, and the column takes 24")]
    [InlineData("Tables:0:Model", "text-embedding-ada-002", "makes vectors of 1536 dimensions only, and the column takes 24")]
    [InlineData("Embeddings:SendDimensions", "false", "unless it is asked for fewer")]
    [InlineData("Embeddings:Dimensions", "1536", "Embeddings:Dimensions is 1536, and public.stories.embedding takes 24")]
    public async Task A_model_that_is_known_not_to_fit_the_column_is_refused_before_any_call(string setting, string value, string words)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5, (setting, value));

        var previewed = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.PreviewAsync(Request, TestEngine.Cancel));
        var started = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.BackfillAsync());

        Assert.Equal(("EA-SCH-05", "EA-SCH-05"), (previewed.Code, started.Code));
        Assert.Contains(words, started.Message, StringComparison.Ordinal);
        Assert.Equal((0L, 0L), (engine.Provider.Counts.Probes, engine.Provider.Counts.Calls));
        // What is there can be looked at all the same.
        Assert.Equal(5, (await engine.CoverageAsync()).Total);
        Assert.Equal(RunStatus.Succeeded, (await engine.VerifyAsync()).Status);
    }

    [Fact]
    public async Task What_the_probe_found_is_told_before_anything_else_of_a_run()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        engine.Provider.Script.Probe = new(Misdeed: Misdeed.NoUsage);

        var run = await engine.BackfillAsync();

        var events = (await engine.Services.GetEvents().OfRunAsync(run.Id, 100, TestEngine.Cancel)).Reverse().ToList();
        Assert.Equal(["preflight.provider", "preflight.confirmed", "run.enqueued", "run.running"], events.SkipWhile(happened => happened.Kind != "preflight.provider").Select(happened => happened.Kind).Take(4));
        var probed = events.Single(happened => happened.Kind == "preflight.provider").Sentence;
        foreach (var part in (string[])["text-embedding-3-small at 127.0.0.1:", "vectors of 24 dimensions and length 1", "tokens not reported"])
            Assert.Contains(part, probed, StringComparison.Ordinal);
        Assert.Equal("text-embedding-3-small", run.Plan.AnswersAs);
        // It is charged to nobody's row.
        Assert.Equal(engine.Provider.Counts.Tokens, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Tokens);
    }

    [Fact]
    public async Task Only_a_start_that_writes_troubles_the_provider()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);

        await engine.Control.PreviewAsync(Request, TestEngine.Cancel);
        await engine.VerifyAsync();
        Assert.Equal(0, engine.Provider.Counts.Probes);

        await engine.Control.StartAsync(Request, TestEngine.Operator, TestEngine.Cancel);
        var held = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(Request, TestEngine.Operator, TestEngine.Cancel));
        Assert.Equal((ErrorCodes.ColumnHeld, 1L), (held.Code, engine.Provider.Counts.Probes));
    }
}
