using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>A verification that is stopped in the middle of any pass goes on there, also by another process, and counts every row once.</summary>
public sealed class InterruptedTests(AssemblyStack stack)
{
    private const int Rows = 240;

    // Whatever a page brings, it waits for this lock before it is entered; the trigger is on our own records, and only in this database.
    private const string Gate =
        """
        create table gate (pass int, after int);
        create function hold() returns trigger language plpgsql security definer set search_path = public as $$
        begin
          if exists (select from gate g where g.pass = new.pass and (select count(*) from embedding_admin.batch b where b.run = new.run and b.pass = new.pass) >= g.after) then
            perform pg_advisory_xact_lock(4711);
          end if;
          return new;
        end $$;
        create trigger hold before insert on embedding_admin.batch for each row execute function hold();
        """;

    public static TheoryData<int, bool> Stops => [.. from pass in Enumerable.Range(0, 4) from killed in (bool[])[false, true] select (pass, killed)];

    [Theory]
    [MemberData(nameof(Stops))]
    public async Task It_goes_on_where_it_was(int pass, bool killed)
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, Rows, ("Backfill:BatchSize", "5"));
        await engine.BackfillAsync();
        await PlantAsync(engine);
        await engine.Database.ExecuteAsync($"{Gate} insert into gate values ({pass}, 1)", TestEngine.Cancel);
        var (run, lease) = await engine.Control.StartHereAsync(new(RunKind.Verify, "stories") { Sample = 1000 }, TestEngine.Operator, TestEngine.Cancel);
        await using var gate = await engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using (var shut = new NpgsqlCommand("select pg_advisory_lock(4711)", gate))
            await shut.ExecuteNonQueryAsync(TestEngine.Cancel);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestEngine.Cancel);
        var another = engine.Another(null, ("Verify:SecondLookSeconds", "0"));
        var worker = Task.Run(() => another.GetRunner().RunAsync(run, lease, stop.Token), TestEngine.Cancel);
        // One page of the pass is entered, and the next one waits at the gate.
        await engine.UntilSqlAsync($"select count(*) = 1 from embedding_admin.batch where run = {run.Id} and pass = {pass}");
        await engine.UntilSqlAsync("select exists (select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted)");

        if (killed)
        {
            // Its connections end and its lease runs out, as those of a process that is gone.
            await engine.Database.ExecuteAsync(
                $"update embedding_admin.run_lease set until = clock_timestamp() - interval '1 minute', token = token + 1 where run = {run.Id}; "
                + "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = 4711 and not granted", TestEngine.Cancel);
            await worker;
            await another.DisposeAsync();
            await engine.Database.ExecuteAsync($"update embedding_admin.run set status = 'interrupted', version = version + 1 where id = {run.Id} and status = 'running'", TestEngine.Cancel);
            await engine.Store.MoveAsync((await engine.Store.FindAsync(run.Id, TestEngine.Cancel))!, RunStatus.Enqueued, TestEngine.Operator, null, TestEngine.Cancel);
        }
        else
        {
            await engine.Control.AskAsync(run.Id, RunAction.Pause, null, TestEngine.Operator, TestEngine.Cancel);
            // As the terminal does it, which does not wait for the next look at the record.
            await stop.CancelAsync();
            await engine.Database.ExecuteAsync("delete from gate", TestEngine.Cancel);
            await OpenAsync(gate);
            Assert.Equal(RunStatus.Paused, (await worker).Status);
            await another.DisposeAsync();
            await engine.Control.AskAsync(run.Id, RunAction.Resume, null, TestEngine.Operator, TestEngine.Cancel);
        }

        await engine.Database.ExecuteAsync("delete from gate", TestEngine.Cancel);
        if (killed)
            await OpenAsync(gate);
        var ended = (await engine.Services.GetRunner().RunAsync(run.Id, TestEngine.Cancel))!;

        Assert.Equal((RunStatus.Succeeded, Verdict.NotVerified, null), (ended.Status, ended.Verdict, ended.ReasonCode));
        Assert.Equal(
            Receipt.Empty.Add(RowOutcome.AlreadyCurrent, Rows - 128).Add(RowOutcome.Changed, 3).Add(RowOutcome.Reverted, 40).Add(RowOutcome.Failed, 80).Add(RowOutcome.Unverified, 5),
            (await engine.Ledger.SumAsync(run.Id, TestEngine.Cancel)).Receipt);
        var report = (await engine.Services.GetReports().ReadAsync(run.Id, TestEngine.Cancel))!;
        Assert.Equal([("reverted", 40L), ("textChanged", 3), ("equalVectors", 40), ("neverStamped", 5), ("drift", 40)], report.Checks.Where(check => check.Count > 0).Select(check => (check.Check, check.Count)));
        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.verify_vector", TestEngine.Cancel));
    }

    [Fact]
    public async Task What_an_ended_run_has_kept_is_forgotten_when_the_next_one_begins()
    {
        await using var engine = await TestEngine.StartAsync(stack.Postgres, 60);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("delete from embedding_admin.stamp where row_key = '5'", TestEngine.Cancel);
        var first = await engine.VerifyAsync();
        await engine.Database.ExecuteAsync($"insert into embedding_admin.verify_vector values ({first.Id}, '5', '\\x00', '\\x00')", TestEngine.Cancel);

        await engine.VerifyAsync();

        Assert.Equal(0, await engine.Database.ScalarAsync<long>("select count(*) from embedding_admin.verify_vector", TestEngine.Cancel));
    }

    /// <summary>Faults for every pass, several pages of each.</summary>
    private static async Task PlantAsync(TestEngine engine) => await engine.Database.ExecuteAsync(
        """
        update stories set content = content || ' edited' where id in (1, 2, 240);
        update stories set embedding = null where id between 21 and 60;
        update stories t set embedding = (select array_agg(x order by n desc)::real[]::extensions.vector from unnest(o.embedding::real[]) with ordinality as v(x, n)) from stories o where o.id = t.id and t.id between 101 and 140;
        update stories t set embedding = (select embedding from stories where id = 150) where id between 150 and 189;
        delete from embedding_admin.stamp where row_key in ('221', '222', '223', '224', '225');
        update embedding_admin.stamp s set vector_hash = sha256(extensions.vector_send(t.embedding)) from stories t where t.id::text = s.row_key and (t.id between 101 and 140 or t.id between 150 and 189)
        """, TestEngine.Cancel);

    private static async Task OpenAsync(NpgsqlConnection gate)
    {
        await using var open = new NpgsqlCommand("select pg_advisory_unlock(4711)", gate);
        await open.ExecuteNonQueryAsync(TestEngine.Cancel);
    }
}
