using EmbeddingAdmin.Access;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>What else an update sets off is found exactly, said before a start, and agreed to.</summary>
public sealed class NeighboursTests(AssemblyStack stack)
{
    private const string Nothing = "create function nothing() returns trigger language plpgsql as $$ begin return coalesce(new, old); end $$; create table log (id bigint); ";

    private static readonly StartRequest Request = new(RunKind.Backfill, "stories");

    public static TheoryData<string, NeighbourKind, string, long, string> Kinds => new()
    {
        { Nothing + "create trigger early before update on stories for each row execute function nothing()", NeighbourKind.Trigger, "early", 30, "before each row: it calls public.nothing" },
        { Nothing + "create trigger late after update of embedding, title on stories for each row execute function nothing()", NeighbourKind.Trigger, "late", 30, "after each row" },
        { Nothing + "create trigger always after update on stories for each row execute function nothing(); alter table stories enable always trigger always", NeighbourKind.Trigger, "always", 30, "after each row" },
        { Nothing + "create trigger pages after update on stories for each statement execute function nothing()", NeighbourKind.Trigger, "pages", 3, "about 3 times, after each update of up to 10 rows" },
        { Nothing + "create constraint trigger deferred after update on stories deferrable initially deferred for each row when (new.id > 3) execute function nothing()", NeighbourKind.Trigger, "deferred", 30, "up to 30 times, at the commit" },
        { "create function set_updated_at() returns trigger language plpgsql as $$ begin return new; end $$; create trigger touched before update on stories for each row execute function set_updated_at()", NeighbourKind.Timestamp, "touched", 30, "time of the change" },
        { "create schema supabase_functions; create function supabase_functions.http_request() returns trigger language plpgsql as $$ begin return new; end $$; create trigger hook after update on stories for each row execute function supabase_functions.http_request('https://example.org', 'POST')", NeighbourKind.Webhook, "hook", 30, "an HTTP request for each row" },
        { "create schema util; create function util.clear_column() returns trigger language plpgsql as $$ begin return new; end $$; create trigger cleared before update on stories for each row execute function util.clear_column()", NeighbourKind.AutomaticEmbedding, "cleared", 30, "competes with the run" },
        { Nothing + "create rule logged as on update to stories do also insert into log values (new.id)", NeighbourKind.Rule, "logged", 3, "adds to every update" },
        { "create publication supabase_realtime for table stories", NeighbourKind.Publication, "supabase_realtime", 30, "the vector alone is 104 bytes" },
        { "create publication everything for all tables", NeighbourKind.Publication, "everything", 30, "broadcast" },
        { "create index near on stories using hnsw (embedding extensions.vector_cosine_ops)", NeighbourKind.Index, "near", 30, "(hnsw, " },
        { "create index near on stories using hnsw ((embedding::extensions.halfvec(24)) extensions.halfvec_cosine_ops)", NeighbourKind.Index, "near", 30, "(hnsw, " },
        { "create index near on stories using ivfflat (embedding extensions.vector_l2_ops) with (lists = 1)", NeighbourKind.Index, "near", 30, "(ivfflat, " },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Each_kind_is_found_with_what_it_does_and_how_often(string sql, NeighbourKind kind, string name, long fires, string words)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30, ("Backfill:BatchSize", "10"));
        await engine.Database.ExecuteAsync(sql, TestEngine.Cancel);

        var found = Assert.Single((await PreviewAsync(engine)).Neighbours.All);

        Assert.Equal((kind, name, fires), (found.Kind, found.Name, found.Fires));
        Assert.Contains(words, found.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_healthy_table_has_none_whatever_stands_beside_the_update()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30);
        await engine.Database.ExecuteAsync(
            Nothing +
            """
            create trigger titles before update of title on stories for each row execute function nothing();
            create trigger off before update on stories for each row execute function nothing(); alter table stories disable trigger off;
            create trigger replica before update on stories for each row execute function nothing(); alter table stories enable replica trigger replica;
            create trigger made after insert or delete on stories for each row execute function nothing();
            create rule made_too as on insert to stories do also insert into log values (new.id);
            create rule off as on update to stories do also insert into log values (new.id); alter table stories disable rule off;
            create publication only_new for table stories with (publish = 'insert'); create table other (id int primary key, embedding extensions.vector(24));
            create publication others for table other; create trigger others before update on other for each row execute function nothing();
            create index on stories (title); create index on stories (id) where embedding is null; create index on other using hnsw (embedding extensions.vector_cosine_ops)
            """, TestEngine.Cancel);

        var preview = await PreviewAsync(engine);

        Assert.Empty(preview.Neighbours.All);
        Assert.Equal((null, null), (preview.Neighbours.Fingerprint, preview.Indexes));
        var run = await engine.BackfillAsync();
        Assert.Equal((Verdict.Verified, null), (run.Verdict, run.Plan.Neighbours));
    }

    [Fact]
    public async Task What_was_said_to_fire_fires_so_often()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 30, ("Backfill:BatchSize", "10"));
        await engine.Database.ExecuteAsync(
            """
            insert into stories (title) values (' ');
            create table fired (name text);
            create function fire() returns trigger language plpgsql as $$ begin insert into fired values (tg_name); return new; end $$;
            create trigger rows after update on stories for each row execute function fire(); create trigger pages after update on stories for each statement execute function fire()
            """, TestEngine.Cancel);
        var preview = await PreviewAsync(engine);
        Assert.Equal([("pages", 3L), ("rows", 30L)], preview.Neighbours.All.Select(each => (each.Name, each.Fires!.Value)));

        var run = await engine.BackfillAsync(preview.Confirm(accepted: true));

        Assert.Equal((Verdict.Verified, preview.Neighbours.Fingerprint), (run.Verdict, run.Plan.Neighbours));
        Assert.Equal(["pages 3", "rows 30"], (await engine.Database.ScalarAsync<string[]>("select array_agg(name || ' ' || times order by name) from (select name, count(*) as times from fired group by name) f", TestEngine.Cancel))!);
    }

    [Fact]
    public async Task A_start_that_nobody_agreed_to_or_that_sets_off_something_else_meanwhile_is_refused_and_nothing_is_started_or_sent()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync(Nothing + "create trigger one after update on stories for each row execute function nothing()", TestEngine.Cancel);
        var shown = await PreviewAsync(engine);

        await RefusedAsync(engine, shown.Confirm(accepted: false), "nobody has agreed to that", "The trigger one will fire up to 20 times");
        await engine.Database.ExecuteAsync("create trigger two after update on stories for each row execute function nothing()", TestEngine.Cancel);
        await RefusedAsync(engine, shown.Confirm(accepted: true), "has changed since it was shown", "The trigger two will fire up to 20 times");

        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel));
        await engine.Database.ExecuteAsync("drop trigger two on stories", TestEngine.Cancel);
        Assert.Equal(Verdict.Verified, (await engine.BackfillAsync(shown.Confirm(accepted: true))).Verdict);
    }

    [Fact]
    public async Task A_run_that_reads_only_sets_off_nothing()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync(Nothing + "create trigger one after update on stories for each row execute function nothing()", TestEngine.Cancel);

        Assert.Empty((await engine.Control.PreviewAsync(new(RunKind.Verify, "stories"), TestEngine.Cancel)).Neighbours.All);
        Assert.Equal(RunStatus.Succeeded, (await engine.VerifyAsync()).Status);
    }

    private static Task<StartPreview> PreviewAsync(TestEngine engine) => engine.Control.PreviewAsync(Request, TestEngine.Cancel);

    private static async Task RefusedAsync(TestEngine engine, StartRequest request, params string[] words)
    {
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.BackfillAsync(request));
        Assert.Equal(ErrorCodes.NeighboursNotAccepted, refused.Code);
        foreach (var part in words)
            Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        Assert.Equal((0L, 0L), (engine.Provider.Counts.Probes, engine.Provider.Counts.Calls));
    }
}
