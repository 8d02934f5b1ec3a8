using System.Text.Json;
using System.Text.Json.Nodes;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Database.Tests.Commands;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Local;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Pooler;

/// <summary>Who can write is measured by acting as others, in sessions that are somebody else's a moment later.</summary>
public sealed class AccessTests(AssemblyStack stack)
{
    private const string Claims = "current_setting('request.jwt.claims', true)::json";

    private static readonly string[] Tables =
    [
        // Nobody has set it up.
        "",
        // As many apps write them: what is no JSON is an error.
        $"""
        alter table stories enable row level security; grant select, update on stories to anon, authenticated, service_role;
        create policy own on stories to authenticated using (user_id = ({Claims} ->> 'sub')::uuid); create policy seen on stories for select to anon using ({Claims} ->> 'role' = 'anon')
        """,
        "create function keep() returns trigger language plpgsql as $$ begin new.embedding := old.embedding; return new; end $$; create trigger keep before update on stories for each row execute function keep()",
        $"create function mind() returns trigger language plpgsql as $$ begin if {Claims} ->> 'role' = 'authenticated' then raise 'not you'; end if; return new; end $$; create trigger mind before update on stories for each row execute function mind()",
        "revoke all on stories from authenticated",
    ];

    [Fact]
    public async Task The_answers_are_those_without_a_pooler_and_no_role_claim_or_setting_stays_behind()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 60, ("Tables:0:Owner", "user_id"));
        await engine.Database.ExecuteAsync("alter table stories add user_id uuid not null default gen_random_uuid()", TestEngine.Cancel);
        await using var direct = engine.Another(engine.Database.ConnectionString, ("Tables:0:Owner", "user_id"));
        await using var crowd = new Crowd(engine.Pooler!.ConnectionString);
        await crowd.UntilItMovesAsync(TestEngine.Cancel);
        var seen = new HashSet<AccessAnswer>();
        foreach (var sql in Tables)
        {
            if (sql.Length > 0)
                await engine.Database.ExecuteAsync(sql, TestEngine.Cancel);

            var pooled = await MeasureAsync(engine.Services);

            Assert.Equal((await MeasureAsync(direct)).Select(Said), pooled.Select(Said));
            seen.UnionWith(pooled.Where(cell => cell.Identity.Way == Way.Sql).Select(cell => cell.Answer));
        }

        Assert.Superset(new HashSet<AccessAnswer> { AccessAnswer.Yes, AccessAnswer.No, AccessAnswer.SilentlyNo }, seen);
        await crowd.LeaveAsync();
        Assert.Empty(await Leftovers.FindAsync(engine.Database, engine.Pooler, TestEngine.Cancel));

        async Task<IReadOnlyList<AccessCell>> MeasureAsync(ServiceProvider services) =>
            (await services.GetRequiredService<AccessProbe>().MeasureAsync(engine.Table, new() { Key = "1" }, TestEngine.Cancel)).Cells;

        static string Said(AccessCell cell) => $"{cell.Identity.Slug} {cell.Question} {cell.Answer} {cell.Code} {cell.Sentence} {cell.Evidence}";
    }

    [Fact]
    public async Task Whoever_gives_up_in_the_middle_leaves_nothing_either()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 60);
        await engine.Database.ExecuteAsync(
            """
            grant select, update on stories to service_role;
            create function wait() returns trigger language plpgsql as $$ begin if current_user = 'service_role' then perform pg_sleep(7); end if; return new; end $$;
            create trigger wait before update on stories for each row execute function wait()
            """, TestEngine.Cancel);
        using var gaveUp = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);

        var measuring = engine.Services.GetRequiredService<AccessProbe>().MeasureAsync(engine.Table, new(), gaveUp.Token);
        await engine.UntilSqlAsync("select exists (select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep')");
        await gaveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => measuring);
        Assert.Empty(await Leftovers.FindAsync(engine.Database, engine.Pooler!, TestEngine.Cancel));
    }

    [Fact]
    public async Task Doctor_says_the_same_through_a_pooler()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Demo, cancel);
        await using var pooler = await stack.Postgres.StartPoolerAsync(database, cancel);

        var pooled = await DoctorAsync(pooler.ConnectionString);

        Assert.Equal(await DoctorAsync(database.ConnectionString), pooled);
        Assert.Empty(await Leftovers.FindAsync(database, pooler, cancel));
    }

    private static async Task<string> DoctorAsync(string connection)
    {
        (string, string)[] settings =
        [
            ("ConnectionStrings__Postgres", connection), ("Database__AutoMigrate", "true"), ("Embeddings__Provider", "local"),
            .. DemoTables.Settings.Select(setting => (setting.Key.Replace(":", "__", StringComparison.Ordinal), setting.Value!)),
        ];
        var ended = await App.RunAsync(settings, "doctor", "--json");
        Assert.Equal(0, ended.ExitCode);
        var said = JsonNode.Parse(ended.Output)!;
        foreach (var table in said["tables"]!.AsArray())
            Assert.True(table!.AsObject().Remove("asOf"));
        return said.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }
}
