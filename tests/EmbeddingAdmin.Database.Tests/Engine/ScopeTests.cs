using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Engine;

public sealed class ScopeTests(AssemblyStack stack)
{
    private const int TooLong = 400_000;

    [Theory]
    [InlineData("Missing", "15-20, 61-62", "15-20")]
    [InlineData("StaleText", "1-5", "1-5")]
    [InlineData("StaleConfig", "9-12", "9-12")]
    [InlineData("Unstamped", "6-8", "6-8")]
    [InlineData("Invalid", "13-14", "13-14")]
    [InlineData("StaleText Invalid", "1-5, 13-14", "1-5, 13-14")]
    [InlineData("Missing Unstamped", "6-8, 15-20, 61-62", "6-8, 15-20")]
    [InlineData("Missing StaleText StaleConfig Unstamped Invalid", "1-20, 61-62", "1-20")]
    public async Task States_select_exactly_their_rows_and_a_run_writes_exactly_these(string states, string selected, string written)
    {
        await using var engine = await EveryStateAsync();

        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Scope = [.. states.Split(' ').Select(Enum.Parse<CoverageState>)] }, selected, written);
    }

    [Fact]
    public async Task Scopes_combine_with_the_first_so_many_rows_in_the_order_of_their_keys()
    {
        await using var engine = await EveryStateAsync();

        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Scope = [CoverageState.StaleConfig, CoverageState.StaleText], Limit = 7 }, "1-5, 9-10", "1-5, 9-10");
        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Keys = ["40", "3", "7", "61", "40"], Limit = 3 }, "3, 7, 40", "3, 7, 40");
    }

    [Fact]
    public async Task A_list_of_keys_takes_these_rows_whatever_their_state_is_and_passes_over_those_that_are_not_there()
    {
        await using var engine = await EveryStateAsync();

        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Keys = ["30", "2", "61", "4711"] }, "2, 30, 61", "2, 30");
    }

    [Theory]
    [InlineData("uuid", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "not-a-uuid")]
    [InlineData("bigint", "42", "42", "forty-two")]
    [InlineData("integer", "7", "007", "9999999999")]
    [InlineData("text", "o'wner \"x\"; --", "o'wner \"x\"; --", "\0")]
    [InlineData("varchar(5)", "alice", "alice", "\0")]
    [InlineData("char(6)", "bob", "bob", "\0")]
    [InlineData("numeric(6,2)", "1.50", "1.5", "one")]
    [InlineData("timestamptz", "2026-03-14 15:09:26+00", "2026-03-14 16:09:26+01", "yesterday's")]
    [InlineData("boolean", "true", "yes", "perhaps")]
    [InlineData("kind", "reader", "reader", "nobody")]
    [InlineData("even", "2", "2", "3")]
    [InlineData("json", null, null, "{}")]
    public async Task An_owner_is_compared_as_the_type_of_its_column(string type, string? stored, string? asked, string refused)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30, ("Tables:0:Owner", "whose \"it\" is"));
        await engine.Database.ExecuteAsync(
            $"""
            create type kind as enum ('reader', 'writer'); create domain even as int check (value % 2 = 0);
            alter table stories add "whose ""it"" is" {type}
            """,
            TestEngine.Cancel);
        if (stored is not null)
        {
            await engine.Database.ExecuteAsync($"update stories set \"whose \"\"it\"\" is\" = '{stored.Replace("'", "''", StringComparison.Ordinal)}' where id between 11 and 16", TestEngine.Cancel);
            await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Owner = asked }, "11-16", "11-16");
        }

        var refusal = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.PreviewAsync(new(RunKind.Backfill, "stories") { Owner = refused }, TestEngine.Cancel));
        Assert.Equal(ErrorCodes.RowOwner, refusal.Code);
        Assert.Contains(type, refusal.Message.Replace("character varying", "varchar", StringComparison.Ordinal).Replace("character", "char", StringComparison.Ordinal).Replace("timestamp with time zone", "timestamptz", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_owner_narrows_whatever_else_was_chosen()
    {
        await using var engine = await EveryStateAsync(("Tables:0:Owner", "likes"));
        await engine.Database.ExecuteAsync("update stories set likes = 1 where id % 2 = 0", TestEngine.Cancel);

        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Scope = [CoverageState.StaleText], Owner = "1" }, "2, 4", "2, 4");
        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Scope = CoverageStates.Mendable, Owner = "1", Limit = 2 }, "6, 8", "6, 8");
        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { Keys = ["30", "31", "32"], Owner = "1" }, "30, 32", "30, 32");
    }

    [Fact]
    public async Task A_table_without_an_owner_column_refuses_an_owner()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 3);

        var refusal = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.BackfillAsync(new(RunKind.Backfill, "stories") { Owner = "1" }));

        Assert.Equal(ErrorCodes.TableColumn, refusal.Code);
        Assert.Contains("Nothing was started.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel));
    }

    [Fact]
    public async Task The_failures_of_a_run_are_exactly_its_rows_and_a_cause_narrows_them()
    {
        await using var engine = await EveryStateAsync(("Tables:0:Owner", "likes"));
        await engine.Database.ExecuteAsync("update stories set likes = 1 where id > 32", TestEngine.Cancel);
        var run = await ListAsync(engine, (30, "failed", "provider", "400"), (31, "failed", "database", "23514"), (32, "tooLong", "provider", null), (33, "changed", null, null),
            (34, "blocked", "database", "EA-RLS-03"), (35, "reverted", null, null), (36, "unverified", null, null), (37, "deleted", null, null), (61, "emptySource", null, null), (38, "notAttempted", null, null));
        StartRequest failed = new(RunKind.Backfill, "stories") { FailedIn = run };

        Assert.Equal(1, (await PreviewAsync(failed with { FailedAs = new(RowOutcome.Failed, "provider", "400") })).Rows);
        Assert.Equal(1, (await PreviewAsync(failed with { FailedAs = new(RowOutcome.TooLong, "provider") })).Rows);
        Assert.Equal(0, (await PreviewAsync(failed with { FailedAs = new(RowOutcome.Failed, "provider") })).Rows);
        Assert.Equal(0, (await PreviewAsync(failed with { FailedAs = new(RowOutcome.Deleted) })).Rows);
        Assert.Equal(4, (await PreviewAsync(failed with { Owner = "1" })).Rows);
        await ExpectAsync(engine, failed with { FailedAs = new(RowOutcome.Failed, "database", "23514") }, "31", "31");
        // Written since it was listed, so it is not paid for twice.
        await ExpectAsync(engine, failed with { Limit = 2 }, "30, 32", "30, 32");
        await ExpectAsync(engine, failed, "33-36", "33-36");

        Task<StartPreview> PreviewAsync(StartRequest request) => engine.Control.PreviewAsync(request, TestEngine.Cancel);
    }

    [Fact]
    public async Task What_a_run_could_not_embed_is_retried_by_a_linked_run_until_nothing_is_left()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync($"update stories set content = repeat('word ', {TooLong / 5}) where id in (3, 9, 15)", TestEngine.Cancel);
        var first = await engine.BackfillAsync();
        Assert.Equal((RunStatus.Succeeded, Verdict.FinishedWithFailures), (first.Status, first.Verdict));
        await engine.Database.ExecuteAsync("update stories set content = 'shorter' where id in (3, 9)", TestEngine.Cancel);

        var second = await ExpectAsync(engine, new(RunKind.Backfill, "stories") { FailedIn = first.Id }, "3, 9, 15", "3, 9");
        Assert.Equal(Verdict.FinishedWithFailures, second.Verdict);
        Assert.Equal(first.Id, second.Plan.FailedIn);
        await engine.Database.ExecuteAsync("update stories set content = 'shorter' where id = 15", TestEngine.Cancel);
        var third = await ExpectAsync(engine, new(RunKind.Backfill, "stories") { FailedIn = first.Id }, "15", "15");

        Assert.Equal(Verdict.Verified, third.Verdict);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal([second.Id, third.Id], await engine.Failures.RetriesAsync(first.Id, TestEngine.Cancel));
        Assert.Contains(await engine.Events.OfRunAsync(third.Id, 10, TestEngine.Cancel), e => e.Sentence == $"tester asked for a backfill of stories: failed in run {first.Id}.");
    }

    [Fact]
    public async Task What_a_verification_finds_is_mended_by_a_run_over_exactly_it()
    {
        await using var engine = await EveryStateAsync();
        // One that looks right until its bytes are compared.
        await engine.Database.ExecuteAsync("update stories set embedding = (select embedding from stories where id = 41) where id = 40", TestEngine.Cancel);
        var verified = await engine.VerifyAsync();
        Assert.Equal(Verdict.NotVerified, verified.Verdict);

        await ExpectAsync(engine, new(RunKind.Backfill, "stories") { FailedIn = verified.Id }, "1-20, 40", "1-20, 40");

        Assert.Equal(Verdict.Verified, (await engine.VerifyAsync()).Verdict);
    }

    [Fact]
    public async Task A_scope_outlives_a_pause_and_rows_that_are_edited_meanwhile()
    {
        await using var engine = await EveryStateAsync(("Tables:0:Owner", "likes"), ("Backfill:BatchSize", "2"), ("Embeddings:BatchSize", "2"));
        await engine.Database.ExecuteAsync("update stories set likes = 1 where id between 1 and 40", TestEngine.Cancel);
        var run = await ListAsync(engine, [.. Enumerable.Range(25, 30).Select(id => (id, "failed", "provider", "400"))]);
        // One page is answered; the others are not before the run is paused, or it might come to its end sooner.
        engine.Provider.Script.Hang = true;
        engine.Provider.Script.Step();
        await engine.HostAsync();
        var retry = await engine.Control.StartAsync(new(RunKind.Backfill, "stories") { FailedIn = run, Owner = "1" }, TestEngine.Operator, TestEngine.Cancel);
        await engine.Provider.Counts.WhenAsync(counts => counts.Calls >= 3, TestEngine.Cancel);
        await engine.Database.ExecuteAsync("update stories set content = 'edited meanwhile' where id in (25, 26, 45)", TestEngine.Cancel);

        await engine.Control.AskAsync(retry.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
        await engine.UntilAsync(retry.Id, seen => seen.Run.Status == RunStatus.Paused);
        engine.Provider.Script.Hang = false;
        await engine.Control.AskAsync(retry.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = await engine.UntilAsync(retry.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((Verdict.Verified, 16L), (ended.Run.Verdict, ended.Run.ScopeRows));
        Assert.Equal("25-40", await WrittenAsync(engine, retry.Id));
        Assert.Equal(Receipt.Empty.Add(RowOutcome.Written, 16), ended.Receipt);
    }

    [Fact]
    public async Task A_vector_that_was_taken_back_is_written_again_when_the_run_is_retried()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 120, ("Embeddings:Concurrency", "1"));
        var other = await ListAsync(engine, [.. Enumerable.Range(1, 120).Select(id => (id, "failed", "provider", "400"))]);
        await engine.Database.ExecuteAsync(
            """
            create function take_back() returns trigger language plpgsql as $$ begin update stories set embedding = null where id = new.id; return null; end $$;
            create constraint trigger take_back after update on stories deferrable initially deferred for each row when (new.id = 7 and new.embedding is not null) execute function take_back();
            create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
            create trigger swallow before update on stories for each row when (new.id = 120) execute function swallow();
            """,
            TestEngine.Cancel);
        var run = await engine.BackfillAsync(await engine.AcceptedAsync(new(RunKind.Backfill, "stories") { FailedIn = other }));
        Assert.Equal(RunStatus.Errored, run.Status);
        await engine.Database.ExecuteAsync("drop trigger take_back on stories; drop trigger swallow on stories", TestEngine.Cancel);

        await engine.HostAsync();
        await engine.Control.AskAsync(run.Id, RunAction.Retry, null, TestEngine.Operator, TestEngine.Cancel);
        var ended = await engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((Verdict.Verified, Receipt.Empty.Add(RowOutcome.Written, 120)), (ended.Run.Verdict, ended.Receipt));
        Assert.Empty(await engine.DifferencesAsync());
    }

    [Fact]
    public async Task Rows_that_cannot_be_meant_are_refused_and_nothing_is_started()
    {
        await using var engine = await EveryStateAsync();
        await engine.Database.ExecuteAsync("insert into embedding_admin.vector_column (name) values ('public.other.embedding')", TestEngine.Cancel);
        var foreign = await ListAsync(engine, (1, "failed", "provider", "400"));
        await engine.Database.ExecuteAsync($"update embedding_admin.run set target = 'other', vector_column = (select max(id) from embedding_admin.vector_column) where id = {foreign}", TestEngine.Cancel);
        var before = await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel);
        StartRequest request = new(RunKind.Backfill, "stories");
        await RefusedAsync(request with { Keys = ["1", "two", "3", "", "5x"] }, ErrorCodes.RowKey, "two, , 5x.");
        await RefusedAsync(request with { Keys = [] }, ErrorCodes.RowKey, "No key was named");
        await RefusedAsync(request with { Keys = [.. Enumerable.Range(1, StartRequest.MostKeys + 1).Select(n => $"{n}")] }, ErrorCodes.OutOfRange, "10,001");
        await RefusedAsync(request with { Keys = ["1"], FailedIn = 1 }, ErrorCodes.RowScope, "Choose one");
        await RefusedAsync(request with { Scope = [] }, ErrorCodes.RowScope, "at least one state");
        await RefusedAsync(request with { Limit = 0 }, ErrorCodes.OutOfRange, "0 rows is none");
        await RefusedAsync(request with { FailedIn = 4711 }, ErrorCodes.RunMissing, "no run 4711");
        await RefusedAsync(request with { FailedIn = foreign }, ErrorCodes.RowScope, "a run of other");
        await RefusedAsync(request with { Kind = RunKind.Verify, FailedIn = 1 }, ErrorCodes.RowScope, "reads every row");

        Assert.Equal(before, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel));

        async Task RefusedAsync(StartRequest refused, string code, string words)
        {
            var refusal = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.Control.StartAsync(refused, TestEngine.Operator, TestEngine.Cancel));
            Assert.Equal(code, refusal.Code);
            Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Sixty embedded rows, of which 1–5 were edited since, 6–8 are of unknown origin, 9–12 from other settings, 13–14 unusable and 15–20 missing, and two without text.</summary>
    private async Task<TestEngine> EveryStateAsync(params (string, string)[] settings)
    {
        var engine = await TestEngine.StartAsync(stack.Postgres, 60, settings);
        Assert.Equal(Verdict.Verified, (await engine.BackfillAsync()).Verdict);
        await engine.Database.ExecuteAsync(
            $"""
            update stories set content = content || ' and more' where id between 1 and 5;
            delete from embedding_admin.stamp where row_key::int between 6 and 8;
            with other as (insert into embedding_admin.made_from (provider, host, model, dimensions, recipe) values ('openai', 'elsewhere', 'another', 24, 'x') returning id)
              update embedding_admin.stamp set made_from = (select id from other) where row_key::int between 9 and 12;
            update stories set embedding = array_fill(0, array[{TestEngine.Dimensions}])::extensions.vector where id between 13 and 14;
            update stories set embedding = null where id between 15 and 20;
            insert into stories (title) values (null), ('');
            """,
            TestEngine.Cancel);
        return engine;
    }

    /// <summary>A run that has ended with these rows in its list.</summary>
    private static async Task<long> ListAsync(TestEngine engine, params (int Key, string Outcome, string? Stage, string? Code)[] rows)
    {
        var column = await engine.StampBook.ColumnAsync("public.stories.embedding", TestEngine.Cancel);
        var plan = (await engine.Control.PreviewAsync(new(RunKind.Backfill, "stories"), TestEngine.Cancel)).Plan;
        var (run, _) = await engine.Store.CreateAsync(RunKind.Backfill, "stories", column, plan, TestEngine.Operator, take: false, TestEngine.Cancel);
        await engine.Control.AskAsync(run.Id, RunAction.Cancel, null, TestEngine.Operator, TestEngine.Cancel);
        foreach (var (key, outcome, stage, code) in rows)
        {
            await using var insert = engine.Database.DataSource.CreateCommand("insert into embedding_admin.row_result (run, row_key, outcome, stage, code, message, attempt) values ($1, $2, $3, $4, $5, $6, 1)");
            foreach (var value in new object?[] { run.Id, $"{key}", outcome, stage, code, $"It was {outcome}." })
                insert.Parameters.Add(new() { Value = value ?? DBNull.Value });
            await insert.ExecuteNonQueryAsync(TestEngine.Cancel);
        }

        return run.Id;
    }

    /// <summary>The count before the start, the rows that the run dealt with, and those that it wrote.</summary>
    private static async Task<Run> ExpectAsync(TestEngine engine, StartRequest request, string selected, string written)
    {
        var preview = await engine.Control.PreviewAsync(request, TestEngine.Cancel);
        var untouched = await engine.Database.ScalarAsync<long>("select coalesce(max(id), 0) from embedding_admin.run", TestEngine.Cancel);

        var run = await engine.BackfillAsync(request);

        var dealtWith = await engine.Database.ScalarAsync<string>(
            $"select string_agg(k, ' ' order by k::int) from (select row_key as k from embedding_admin.stamp where run = {run.Id} union select row_key from embedding_admin.row_result where run = {run.Id}) r", TestEngine.Cancel);
        Assert.Equal((selected, written), (Ranges(dealtWith), await WrittenAsync(engine, run.Id)));
        Assert.Equal(preview.Rows, run.ScopeRows);
        Assert.Equal(preview.Rows, (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt.Selected);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>($"select count(*) from embedding_admin.stamp where run > {untouched} and run <> {run.Id}", TestEngine.Cancel));
        return run;
    }

    private static async Task<string> WrittenAsync(TestEngine engine, long run) =>
        Ranges(await engine.Database.ScalarAsync<string>($"select string_agg(row_key, ' ' order by row_key::int) from embedding_admin.stamp where run = {run}", TestEngine.Cancel));

    /// <summary>"1-5, 9" of "1 2 3 4 5 9".</summary>
    private static string Ranges(string? keys)
    {
        var numbers = (keys ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(key => int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)).ToList();
        return string.Join(", ", numbers.Index().GroupBy(n => n.Item - n.Index).Select(run => run.First().Item == run.Last().Item ? $"{run.First().Item}" : $"{run.First().Item}-{run.Last().Item}"));
    }
}
