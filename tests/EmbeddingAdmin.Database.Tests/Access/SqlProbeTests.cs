using EmbeddingAdmin.Access;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>What each identity can do, tried by SQL on tables of every kind that keeps a write from happening.</summary>
public sealed class SqlProbeTests(AssemblyStack stack)
{
    private const string Rls = "alter table stories enable row level security; grant select, update on stories to anon, authenticated, service_role;";

    [Theory]
    [InlineData("anon", "everybody may read, nobody may write", Rls + "create policy r on stories for select using (true)", "Yes SilentlyNo SilentlyNo", ErrorCodes.RowSecurity)]
    [InlineData("anon", "no policy at all", Rls, "SilentlyNo SilentlyNo SilentlyNo", ErrorCodes.RowSecurity)]
    [InlineData("anon", "a check that lets nothing through", Rls + "create policy r on stories for select using (true); create policy u on stories for update using (true) with check (false)", "Yes No No", ErrorCodes.RowSecurity)]
    [InlineData("anon", "no grant", "revoke all on stories from anon", "No No No", ErrorCodes.Grant)]
    [InlineData("anon", "grants and no row-level security", "grant select, update on stories to anon", "Yes Yes Yes", null)]
    [InlineData("serviceRole", "policies for nobody", Rls, "Yes Yes Yes", null)]
    [InlineData("serviceRole", "a trigger that keeps the old value", "grant select, update on stories to service_role; create function f() returns trigger language plpgsql as $$ begin new.embedding := old.embedding; return new; end $$; create trigger t before update on stories for each row execute function f()", "Yes Yes SilentlyNo", ErrorCodes.WriteSwallowed)]
    [InlineData("connection", "a superuser, whatever the policies", Rls, "Yes Yes Yes", null)]
    public async Task An_identity_is_measured(string kind, string way, string sql, string expected, string? code)
    {
        Assert.NotEmpty(way);
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync(sql, TestEngine.Cancel);
        var who = Identity.Find($"{kind}-sql")!;

        var cells = await engine.Services.GetRequiredService<SqlProbe>().TryAsync(await engine.TargetAsync(), who, new(), TestEngine.Cancel);

        Assert.Equal(expected, string.Join(' ', cells.Select(cell => cell.Answer)));
        Assert.Equal(code, cells.FirstOrDefault(cell => cell.Code is not null)?.Code);
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(embedding) from stories", TestEngine.Cancel));
    }

    [Theory]
    [InlineData("owner-sql", "Yes Yes Yes")]
    [InlineData("stranger-sql", "SilentlyNo SilentlyNo SilentlyNo")]
    public async Task A_signed_in_user_is_measured_as_the_owner_of_the_row_and_as_somebody_else(string slug, string expected)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20, ("Tables:0:Owner", "user_id"));
        await engine.Database.ExecuteAsync(
            $"""
            {Rls} alter table stories add user_id uuid not null default gen_random_uuid();
            create policy own on stories for all to authenticated using (user_id = (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid);
            """, TestEngine.Cancel);

        var cells = await engine.Services.GetRequiredService<SqlProbe>().TryAsync(await engine.TargetAsync(), Identity.Find(slug)!, new(), TestEngine.Cancel);

        Assert.Equal(expected, string.Join(' ', cells.Select(cell => cell.Answer)));
    }

    [Fact]
    public async Task A_key_that_no_row_can_have_is_said_to_be_one_and_nothing_is_measured()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 5);

        var cells = await engine.Services.GetRequiredService<SqlProbe>().TryAsync(await engine.TargetAsync(), Identity.Connection, new() { Key = "no such key" }, TestEngine.Cancel);

        Assert.All(cells, cell => Assert.Equal(AccessAnswer.NotMeasured, cell.Answer));
        Assert.Contains("No row can have the key no such key", cells[0].Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_somebody_claims_is_gone_with_the_session_so_that_a_trigger_that_reads_claims_finds_none_in_a_run()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 20);
        await engine.Database.ExecuteAsync(
            """
            create table audit (who text);
            create function f() returns trigger language plpgsql security definer as
            $$ begin insert into audit values (current_setting('request.jwt.claims', true)::json ->> 'role'); return new; end $$;
            create trigger t before update on stories for each row execute function f()
            """, TestEngine.Cancel);
        var probe = engine.Services.GetRequiredService<SqlProbe>();
        var target = await engine.TargetAsync();
        foreach (var who in Identity.All.Where(who => who.Way == Way.Sql))
            await probe.TryAsync(target, who, new(), TestEngine.Cancel);

        var run = await engine.BackfillAsync(await engine.AcceptedAsync());

        Assert.Equal(Verdict.Verified, run.Verdict);
        Assert.Equal(20, await engine.Database.ScalarAsync<long>("select count(*) from audit where who is null", TestEngine.Cancel));
    }
}
