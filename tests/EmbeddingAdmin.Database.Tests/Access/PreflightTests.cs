using System.Buffers.Text;
using System.Text;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>What is looked at before a run, in which order, and that nobody outside hears of a start that is refused.</summary>
public sealed class PreflightTests(AssemblyStack stack)
{
    private static readonly string[] Backfill =
    [
        "preflight.keys", "preflight.connection", "preflight.role", "preflight.table", "preflight.privileges", "preflight.neighbours", "preflight.canary", "preflight.api", "preflight.disk",
        "preflight.provider", "preflight.confirmed", "run.enqueued",
    ];

    private static readonly StartRequest Request = new(RunKind.Backfill, "stories");

    public static TheoryData<string, string> Keys => new()
    {
        { "sb_publishable_0123456789abcdefghijkl_01234567", "EA-KEY-01" },
        { Token("""{"role":"anon","iss":"supabase"}"""), "EA-KEY-01" },
        { Token("""{"role":"authenticated","sub":"someone"}"""), "EA-KEY-02" },
        { Token("""{"role":"service_role","exp":1000000000}"""), "EA-KEY-03" },
        { "sbp_0123456789012345678901234567890123456789", "EA-KEY-05" },
        { "sk-proj-0123456789", "EA-KEY-06" },
    };

    [Fact]
    public async Task What_was_found_is_the_first_that_is_told_of_a_run_in_order_and_in_the_transaction_that_made_it()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        var shown = await engine.Control.PreviewAsync(Request, TestEngine.Cancel);

        var run = await engine.BackfillAsync(shown.Confirm(accepted: false));

        var events = (await engine.Events.OfRunAsync(run.Id, 100, TestEngine.Cancel)).Reverse().ToList();
        Assert.Equal(Backfill, events.Select(happened => happened.Kind).Take(Backfill.Length));
        Assert.Equal(1, await engine.Database.ScalarAsync<long>($"select count(distinct xmin::text) from embedding_admin.event where run = {run.Id} and (kind like 'preflight.%' or kind = 'run.enqueued')", TestEngine.Cancel));
        foreach (var (step, words) in (ReadOnlySpan<(string, string)>)[
            ("keys", "No key of the project's API is set"), ("connection", "on this machine. It is no standby and takes writes."), ("role", "is a superuser"),
            ("table", "public.stories is a table with the key id (bigint, its primary key); embedding is vector of 24 dimensions"), ("privileges", "may select id, embedding, title, content, genre, tags and update embedding"),
            ("neighbours", "sets off nothing else"), ("canary", "The test vector was in the row, and was rolled back."), ("api", "There is no second opinion."), ("disk", "(20 × 104 bytes"),
            ("provider", "answered two fixed sentences"), ("confirmed", "Shown and confirmed were 20 rows, ")])
        {
            Assert.Contains(words, events.Single(happened => happened.Kind == $"preflight.{step}").Sentence, StringComparison.Ordinal);
        }

        Assert.Contains("without a price, as of", events.Single(happened => happened.Kind == "preflight.confirmed").Sentence, StringComparison.Ordinal);
        Assert.All(events.Where(happened => happened.Kind.StartsWith("preflight.", StringComparison.Ordinal)), happened => Assert.Null(happened.Code));
    }

    [Fact]
    public async Task A_verification_has_the_part_that_reads_and_asks_nobody()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, ("Supabase:Url", "http://127.0.0.1:1"), ("Supabase:ServiceKey", "sb_secret_0123456789abcdefghijkl_01234567"));

        var run = await engine.VerifyAsync();

        Assert.Equal([.. Backfill[..5], .. Backfill[10..]], (await engine.Events.OfRunAsync(run.Id, 100, TestEngine.Cancel)).Reverse().Select(happened => happened.Kind).Take(7));
        Assert.Equal(0, engine.Provider.Counts.Probes);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task A_key_that_cannot_be_a_service_key_refuses_every_start_before_anything_is_sent(string key, string code)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, ("Supabase:Url", "http://127.0.0.1:1"), ("Supabase:ServiceKey", key));

        var backfill = await RefusedAsync(engine, code, () => engine.BackfillAsync());
        await RefusedAsync(engine, code, () => engine.VerifyAsync());

        Assert.Contains("No run was started and nothing was sent.", backfill.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(key[3..], backfill.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alter database {0} set default_transaction_read_only = on", "EA-DB-06", "The database is read-only. No run was started and no text was sent.")]
    [InlineData("grant select, update on stories to {1}; alter table stories enable row level security; create policy p on stories using (true)", "EA-RLS-01", "Row-level security on public.stories")]
    [InlineData("grant select on stories to {1}", "EA-RLS-02", "it lacks UPDATE of embedding.")]
    [InlineData("grant select (id, title, embedding), update (embedding) on stories to {1}", "EA-RLS-02", "it lacks SELECT of content, genre, tags.")]
    [InlineData("revoke usage on schema public from {1}, public; grant select, update on stories to {1}", "EA-RLS-02", "it lacks USAGE of the schema public.")]
    [InlineData("grant select, update on stories to {1}; create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger t before update on stories for each row execute function f()", "EA-RUN-13", "The trigger t will fire up to 20 times")]
    [InlineData("grant select, update on stories to {1}; create function f() returns trigger language plpgsql as 'begin return null; end'; create trigger t before update on stories for each row execute function f()", "EA-RLS-03", "reported success and changed nothing")]
    public async Task What_refuses_first_is_said_and_the_provider_never_hears_of_it(string sql, string code, string words)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await using var writer = await RoleServices.MakeAsync(engine, sql);

        var refused = await RefusedAsync(engine, code, () => writer.Services.GetControl().StartAsync(Request, TestEngine.Operator, TestEngine.Cancel));

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_grant_that_is_missing_is_the_one_that_cures()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await using var writer = await RoleServices.MakeAsync(engine, "grant select (id, title) on stories to {1}");
        var control = writer.Services.GetControl();
        var refused = await RefusedAsync(engine, ErrorCodes.Grant, () => control.StartAsync(Request, TestEngine.Operator, TestEngine.Cancel));
        var grant = refused.Message[(refused.Message.IndexOf("Grant it: ", StringComparison.Ordinal) + 10)..refused.Message.IndexOf(" Or all", StringComparison.Ordinal)];
        Assert.Equal($"grant select (\"embedding\", \"content\", \"genre\", \"tags\"), update (\"embedding\") on \"public\".\"stories\" to \"{writer.Role}\";", grant);

        await engine.Database.ExecuteAsync(grant, TestEngine.Cancel);

        var (run, lease) = await control.StartHereAsync(Request, TestEngine.Operator, TestEngine.Cancel);
        Assert.Equal(Verdict.Verified, (await writer.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel)).Verdict);
    }

    [Fact]
    public async Task A_verification_needs_no_right_to_write()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await using var reader = await RoleServices.MakeAsync(engine, "grant select on stories to {1}");

        var (run, lease) = await reader.Services.GetControl().StartHereAsync(new(RunKind.Verify, "stories"), TestEngine.Operator, TestEngine.Cancel);

        Assert.Equal(RunStatus.Succeeded, (await reader.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel)).Status);
    }

    [Fact]
    public async Task What_is_odd_and_no_reason_to_refuse_is_told_with_its_code()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, ("Supabase:Url", "http://127.0.0.1:1"), ("Supabase:ServiceKey", "sb_secret_0123456789"));
        await engine.Database.ExecuteAsync("create index near on stories using hnsw (embedding extensions.vector_cosine_ops)", TestEngine.Cancel);

        var run = await engine.BackfillAsync(await engine.AcceptedAsync());

        var events = (await engine.Events.OfRunAsync(run.Id, 100, TestEngine.Cancel)).ToDictionary(happened => happened.Kind);
        Assert.Equal(ErrorCodes.UnusualKey, events["preflight.keys"].Code);
        Assert.DoesNotContain("0123456789", events["preflight.keys"].Sentence, StringComparison.Ordinal);
        Assert.Contains("The service key: The API does not answer: nobody listens there, or there is no way to it", events["preflight.api"].Sentence, StringComparison.Ordinal);
        Assert.Contains($"(list {run.Plan.Neighbours}). The index near (hnsw, ", events["preflight.neighbours"].Sentence, StringComparison.Ordinal);
        Assert.Contains("On the vector there is the index near. No replica is seen.", events["preflight.disk"].Sentence, StringComparison.Ordinal);
        Assert.Contains("Rows, tokens and cost were not shown before the start; 20 rows are in scope now.", events["preflight.confirmed"].Sentence, StringComparison.Ordinal);
    }

    private static async Task<EmbeddingAdminException> RefusedAsync(TestEngine engine, string code, Func<Task> start)
    {
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(start);
        Assert.Equal(code, refused.Code);
        Assert.Equal((0L, 0L), (engine.Provider.Counts.Probes, engine.Provider.Counts.Calls));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
        return refused;
    }

    private static string Token(string claims) => $"{Part("""{"alg":"HS256","typ":"JWT"}""")}.{Part(claims)}.c2lnbmF0dXJl";

    private static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
