using EmbeddingAdmin.Access.Privileges;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>The role that is printed can do everything that this program does, and nothing else; and of every other role it is said what it lacks and has too much.</summary>
public sealed class LeastPrivilegeTests(AssemblyStack stack)
{
    /// <summary>One right less: what is said of it. Its own statement mends it.</summary>
    public static IReadOnlyList<(string Sql, string Said)> Less { get; } =
    [
        ("revoke select (title) on stories from embedding_writer", "It may not read title of public.stories."),
        ("revoke select (author, likes) on stories from embedding_writer", "It may not read likes, author of public.stories."),
        ("revoke select (preferences) on profiles from embedding_writer", "It may not read preferences of public.profiles."),
        ("revoke update (embedding) on stories from embedding_writer", "It may not update embedding of public.stories."),
        ("revoke usage on schema extensions from embedding_writer", "It may not use the schema extensions: nothing in it can be named."),
        ("alter role embedding_writer nobypassrls", "Row-level security holds for it on public.stories, public.profiles: an update would report success and change nothing, so every run is refused (EA-RLS-01). No policy helps, whatever it allows."),
        ("revoke insert on embedding_admin.event from embedding_writer", "It lacks rights to our own records in embedding_admin: event (INSERT)."),
        ("revoke delete on embedding_admin.qrtz_locks from embedding_writer", "It lacks rights to our own records in embedding_admin: qrtz_locks (DELETE)."),
    ];

    /// <summary>One right more: what is said of it. Its own statements mend it, where there are any.</summary>
    public static IReadOnlyList<(string Sql, string Said)> More { get; } =
    [
        ("grant update (title, genre) on stories to embedding_writer", "It may do more to public.stories than is needed: update title, genre."),
        ("grant insert, delete, truncate on profiles to embedding_writer", "It may do more to public.profiles than is needed: DELETE; INSERT; TRUNCATE."),
        ("grant select on profiles to embedding_writer", "It may do more to public.profiles than is needed: read email."),
        ("grant select (secret), update on stories to embedding_writer", "It may do more to public.stories than is needed: read secret; update id, title, content, genre, tags, likes, author, made_at, secret."),
        ("grant insert on stories to public", "Everybody may do more to public.stories than is needed, and so may it: INSERT. The right is PUBLIC's; others may live on it."),
        ("alter role embedding_writer createrole createdb replication", "It has CREATEROLE, CREATEDB, REPLICATION."),
        ("grant pg_read_all_data to embedding_writer", "It is a member of pg_read_all_data, and has whatever they have."),
        ("grant create on schema public to embedding_writer", "It may make things in the schema public."),
        ("grant create on schema embedding_admin to embedding_writer", "It may make things in the schema embedding_admin."),
        ("grant delete, truncate on embedding_admin.event to embedding_writer", "It may do more to our own records in embedding_admin than is needed: event (DELETE, TRUNCATE)."),
        ("create table if not exists orders (id int); grant select on orders to embedding_writer", "It owns, or has rights to, what is not needed at all: public.orders."),
        ("grant usage on all sequences in schema embedding_admin to embedding_writer", "It owns, or has rights to, what is not needed at all: embedding_admin.event_id_seq, embedding_admin.made_from_id_seq, embedding_admin.run_id_seq, embedding_admin.vector_column_id_seq."),
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_printed_role_passes_preflight_does_whole_backfills_and_verifies_them(bool pooled)
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres);
        await site.MakeRoleAsync();
        var connection = pooled ? await PooledAsync(site) : null;
        var services = site.AsRole(connection);

        foreach (var table in (string[])["stories", "profiles"])
        {
            var written = await WriterSite.DriveAsync(services, RunKind.Backfill, table);
            Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (written.Status, written.Verdict, written.Reason));
            var verified = await WriterSite.DriveAsync(services, RunKind.Verify, table);
            Assert.Equal((RunStatus.Succeeded, Verdict.Verified, null), (verified.Status, verified.Verdict, verified.Reason));
            Assert.Empty(await site.DifferencesAsync(table));
        }

        var report = await WriterSite.ReportAsync(services);
        Assert.Equal("embedding_writer", report.Role);
        Assert.Empty(report.Missing);
        Assert.Empty(report.Superfluous);
        Assert.Empty(report.LeftOut);
    }

    [Fact]
    public async Task A_host_works_as_the_printed_role_where_the_owner_has_made_the_scheduler()
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres);
        await site.MakeRoleAsync();
        var services = site.AsRole();
        await Migrations.ApplyAsync(services.GetRequiredService<NpgsqlDataSource>(), TestEngine.Cancel);
        await RunJobs.RequireRightAsync(services.GetRequiredService<NpgsqlDataSource>(), TestEngine.Cancel);
        await site.Engine.HostAsync(services);

        var run = await services.GetControl().StartAsync(new(RunKind.Backfill, "stories"), TestEngine.Operator, TestEngine.Cancel);
        var ended = await site.Engine.UntilAsync(run.Id, seen => seen.Run.Status.IsFinal());

        Assert.Equal((RunStatus.Succeeded, Receipt.Empty.Add(RowOutcome.Written, 60)), (ended.Run.Status, ended.Receipt));
        await site.Engine.StopHostsAsync();
    }

    [Theory]
    [InlineData("insert into stories (title) values ('x')")]
    [InlineData("delete from stories")]
    [InlineData("truncate stories")]
    [InlineData("update stories set title = 'x'")]
    [InlineData("update stories set embedding = null, likes = 1")]
    [InlineData("select secret from stories")]
    [InlineData("select * from stories")]
    [InlineData("select email from profiles")]
    [InlineData("select preferences, email from profiles")]
    [InlineData("alter table stories add column x int")]
    [InlineData("create table public.x (id int)")]
    [InlineData("create schema x")]
    [InlineData("create role x")]
    [InlineData("create table embedding_admin.x (id int)")]
    [InlineData("drop table embedding_admin.run")]
    [InlineData("delete from embedding_admin.event")]
    [InlineData("update embedding_admin.event set actor = 'nobody'")]
    [InlineData("delete from embedding_admin.run")]
    [InlineData("insert into embedding_admin.migration (number, name, sha256) values (999, 'x', 'x')")]
    [InlineData("select nextval('embedding_admin.run_id_seq')")]
    [InlineData("alter role embedding_writer superuser")]
    public async Task The_printed_role_can_do_nothing_else(string sql)
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres);
        await site.MakeRoleAsync();
        Assert.Null(await site.RefusalAsync("select id, title, embedding from stories; update stories set embedding = null; select preferences from profiles"));
        Assert.Equal("42501", await site.RefusalAsync(sql));
    }

    [Fact]
    public async Task What_a_role_lacks_and_has_too_much_is_said_exactly_and_settled_by_what_is_printed_for_it()
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres);
        await site.MakeRoleAsync();
        var services = site.AsRole();
        foreach (var (sql, said) in Less)
        {
            await site.RunAsync(sql);
            var report = await WriterSite.ReportAsync(services);
            var note = Assert.Single(report.Missing);
            Assert.Equal(said, note.Sentence);
            Assert.Empty(report.Superfluous);
            await site.RunAsync(note.Sql);
            Assert.Empty((await WriterSite.ReportAsync(services)).Missing);
        }

        foreach (var (sql, said) in More)
        {
            await site.RunAsync(sql);
            var report = await WriterSite.ReportAsync(services);
            var note = Assert.Single(report.Superfluous);
            Assert.Equal(said, note.Sentence);
            Assert.Empty(report.Missing);
            await site.RunAsync(note.Sql);
            Assert.Empty((await WriterSite.ReportAsync(services)).Superfluous);
        }

        Assert.Equal(Verdict.Verified, (await WriterSite.DriveAsync(services, RunKind.Backfill, "stories")).Verdict);
    }

    [Fact]
    public async Task A_superuser_lacks_nothing_and_an_owner_can_be_refused_nothing()
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres);
        var superuser = await site.ReportAsync();
        Assert.Empty(superuser.Missing);
        Assert.Equal($"{superuser.Role} is a superuser: it may do everything in the whole server, and nothing can be taken from it. Let embedding_writer do the work.", Assert.Single(superuser.Superfluous).Sentence);

        await site.MakeRoleAsync();
        await site.RunAsync("alter table profiles owner to embedding_writer");
        var owner = await WriterSite.ReportAsync(site.AsRole());
        Assert.Empty(owner.Missing);
        var note = Assert.Single(owner.Superfluous);
        Assert.StartsWith("It owns public.profiles, or has whatever its owner embedding_writer has", note.Sentence, StringComparison.Ordinal);
        Assert.Empty(note.Sql);
    }

    [Fact]
    public async Task Policies_do_not_stand_in_for_BYPASSRLS_and_membership_in_the_owner_does()
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres);
        var sql = (await site.ReportAsync()).Sql;
        await site.RunAsync(sql.Replace("bypassrls password '[YOUR-PASSWORD]'", "password 'pass-of-the-writer'", StringComparison.Ordinal));
        await site.RunAsync(string.Join(';', ((string[])["stories", "profiles"]).Select(table => $"create policy all_of_it on {table} to embedding_writer using (true) with check (true)")));
        var services = site.AsRole();
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => WriterSite.DriveAsync(services, RunKind.Backfill, "stories"));
        Assert.Equal(ErrorCodes.RowSecurity, refused.Code);
        Assert.Equal(0, site.Engine.Provider.Counts.Calls);

        // The line that is printed for this case.
        var grants = sql.Split('\n').Where(line => line.StartsWith("--   grant ", StringComparison.Ordinal)).Select(line => line[2..].Trim()).ToList();
        Assert.Equal(["grant \"tables_owner\" to \"embedding_writer\";"], grants);
        await site.RunAsync(grants[0]);
        foreach (var table in (string[])["stories", "profiles"])
        {
            Assert.Equal(Verdict.Verified, (await WriterSite.DriveAsync(services, RunKind.Backfill, table)).Verdict);
            Assert.Empty(await site.DifferencesAsync(table));
        }

        var report = await WriterSite.ReportAsync(services);
        Assert.Empty(report.Missing);
        Assert.Contains(report.Superfluous, note => note.Sentence.StartsWith("It is a member of tables_owner", StringComparison.Ordinal));

        await site.RunAsync("alter table stories force row level security");
        Assert.Equal(ErrorCodes.RowSecurity, (await Assert.ThrowsAsync<EmbeddingAdminException>(() => WriterSite.DriveAsync(services, RunKind.Backfill, "stories"))).Code);
        Assert.Contains("-- Of public.stories row-level security is forced on the owner, too: there nothing but BYPASSRLS helps.", (await site.ReportAsync()).Sql, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_row_level_security_no_role_is_given_the_right_to_pass_it()
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres, rowSecurity: false);
        await site.MakeRoleAsync();
        var services = site.AsRole();
        Assert.False(await site.Engine.Database.ScalarAsync<bool>("select rolbypassrls from pg_roles where rolname = 'embedding_writer'", TestEngine.Cancel));
        Assert.Equal(Verdict.Verified, (await WriterSite.DriveAsync(services, RunKind.Backfill, "stories")).Verdict);
        Assert.Empty((await WriterSite.ReportAsync(services)).Superfluous);

        await site.RunAsync("alter role embedding_writer bypassrls");
        Assert.Equal("It bypasses row-level security, and no configured table has any.", Assert.Single((await WriterSite.ReportAsync(services)).Superfluous).Sentence);
    }

    [Fact]
    public async Task Every_table_of_our_schema_is_known_and_an_update_of_it_is_left_to_its_owner()
    {
        await using var site = await WriterSite.StartAsync(stack.Postgres);
        await site.MakeRoleAsync();
        var rights = await RoleRights.ReadAsync(site.Engine.Database.DataSource, [], TestEngine.Cancel);
        Assert.All(rights.Records, record => Assert.NotEmpty(OwnRecords.Of(record.Name)));

        await site.RunAsync($"delete from embedding_admin.migration where number = {Migrations.Newest}");
        var refused = await Assert.ThrowsAsync<EmbeddingAdminException>(() => Migrations.ApplyAsync(site.AsRole().GetRequiredService<NpgsqlDataSource>(), TestEngine.Cancel));
        Assert.Equal(ErrorCodes.Grant, refused.Code);
        Assert.Contains($"has to be updated (migration {Migrations.Files[^2].Number} to {Migrations.Newest}), and the role embedding_writer does not own it. Nothing was changed.", refused.Message, StringComparison.Ordinal);
    }

    private async Task<string> PooledAsync(WriterSite site)
    {
        var pooler = await stack.Postgres.StartPoolerAsync(site.Engine.Database, TestEngine.Cancel, connection: site.ConnectionString);
        site.Own(pooler);
        return pooler.ConnectionString;
    }
}
