using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Engine;

/// <summary>Every way in which a write can be answered with success and not happen: the run must never say that it did.</summary>
public sealed class WriteTruthTests(AssemblyStack stack)
{
    public static TheoryData<string, string> SilentWays => new()
    {
        { "a BEFORE trigger that returns NULL", "create function f() returns trigger language plpgsql as $$ begin return null; end $$; create trigger t before update on stories for each row execute function f()" },
        { "a BEFORE trigger that keeps the old value", "create function f() returns trigger language plpgsql as $$ begin new.embedding := old.embedding; return new; end $$; create trigger t before update on stories for each row execute function f()" },
        { "a BEFORE trigger that rewrites the vector", "create function f() returns trigger language plpgsql as $$ begin new.embedding := (select array_agg(1.0)::extensions.vector from generate_series(1, 24)); return new; end $$; create trigger t before update on stories for each row execute function f()" },
        { "an AFTER trigger that resets the vector", "create function f() returns trigger language plpgsql as $$ begin if pg_trigger_depth() < 2 then update stories set embedding = null where id = new.id; end if; return null; end $$; create trigger t after update on stories for each row execute function f()" },
        { "a deferred trigger that resets the vector", "create function f() returns trigger language plpgsql as $$ begin if new.embedding is not null then update stories set embedding = null where id = new.id; end if; return null; end $$; create constraint trigger t after update on stories deferrable initially deferred for each row execute function f()" },
        { "a rule that does nothing instead", "create rule r as on update to stories do instead nothing" },
    };

    [Theory]
    [MemberData(nameof(SilentWays))]
    public async Task A_start_is_refused_before_any_text_is_sent(string way, string sql)
    {
        Assert.NotEmpty(way);
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync(sql, TestEngine.Cancel);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => engine.BackfillAsync());

        Assert.Equal(ErrorCodes.WriteSwallowed, refused.Code);
        Assert.Equal(0, engine.Provider.Counts.Calls);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.run", TestEngine.Cancel));
        Assert.Equal(1, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.event where kind = 'run.start.refused'", TestEngine.Cancel));
    }

    [Theory]
    [MemberData(nameof(SilentWays))]
    public async Task A_run_that_meets_it_later_never_counts_such_a_row_as_written(string way, string sql)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        await engine.Database.ExecuteAsync(sql, TestEngine.Cancel);

        var ended = await engine.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        var (receipt, _) = await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel);
        Assert.Equal(0, receipt[RowOutcome.Written]);
        // What the transaction itself can see blocks the run; what comes after it only the read-back sees.
        Assert.Equal(20, receipt[way.Contains("resets", StringComparison.Ordinal) ? RowOutcome.Reverted : RowOutcome.Blocked]);
        Assert.Equal(receipt[RowOutcome.Blocked] > 0, ended is { Status: RunStatus.Errored, ReasonCode: ErrorCodes.WriteSwallowed });
        Assert.NotEqual(Verdict.Verified, ended.Verdict);
        Assert.Null(await engine.Ledger.ImbalanceAsync(ended, TestEngine.Cancel));
    }

    [Theory]
    [InlineData("a role that row-level security filters", "grant select, update on stories to writer; alter table stories enable row level security; create policy p on stories for select using (true)")]
    [InlineData("a policy that lets no row through", "grant select, update on stories to writer; alter table stories enable row level security; create policy p on stories for select using (true); create policy q on stories for update using (false)")]
    [InlineData("a restrictive policy", "grant select, update on stories to writer; alter table stories enable row level security; create policy p on stories using (true); create policy q on stories as restrictive for update using (id < 5)")]
    public async Task A_role_that_row_level_security_filters_is_refused_with_table_role_and_what_works(string way, string sql)
    {
        Assert.NotEmpty(way);
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await using var writer = await AsRoleAsync(engine, sql);

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(
            () => writer.Services.GetControl().StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel));

        Assert.Equal(ErrorCodes.RowSecurity, refused.Code);
        Assert.Contains("public.stories", refused.Message, StringComparison.Ordinal);
        Assert.Contains(writer.Role, refused.Message, StringComparison.Ordinal);
        Assert.Contains("bypass row-level security", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"alter role \"{writer.Role}\" bypassrls;", refused.Message, StringComparison.Ordinal);
        Assert.Contains("An UPDATE policy is no way out", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, engine.Provider.Counts.Calls);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
    }

    [Fact]
    public async Task A_role_without_the_grant_is_told_which()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await using var writer = await AsRoleAsync(engine, "grant select on stories to writer");

        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(
            () => writer.Services.GetControl().StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel));

        Assert.Equal(ErrorCodes.Grant, refused.Code);
        Assert.Contains("grant select, update", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_that_may_select_and_update_the_vector_only_is_enough()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await using var writer = await AsRoleAsync(engine, "grant select (id, title, content, genre, tags, embedding), update (embedding) on stories to writer");
        var (run, lease) = await writer.Services.GetControl().StartHereAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);

        var ended = await writer.Services.GetRunner().RunAsync(run, lease, TestEngine.Cancel);

        Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (ended.Status, ended.Verdict, ended.Reason));
        Assert.Empty(await engine.DifferencesAsync());
    }

    private static async Task<RoleServices> AsRoleAsync(TestEngine engine, string sql)
    {
        // Roles belong to the cluster, so each database has its own.
        var role = $"writer_{engine.Database.Name}";
        await engine.Database.ExecuteAsync(
            $"""
            drop role if exists {role}; create role {role} login password 'pass';
            grant usage on schema public, extensions, embedding_admin to {role};
            grant all on all tables in schema embedding_admin to {role}; grant all on all sequences in schema embedding_admin to {role};
            {sql.Replace("to writer", $"to {role}", StringComparison.Ordinal)}
            """, TestEngine.Cancel);
        var connection = new NpgsqlConnectionStringBuilder(engine.Database.ConnectionString) { Username = role, Password = "pass" }.ConnectionString;
        return new RoleServices(role, engine.Another(connection));
    }

    private sealed record RoleServices(string Role, Microsoft.Extensions.DependencyInjection.ServiceProvider Services) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Services.DisposeAsync();
    }
}
