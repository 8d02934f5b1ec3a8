using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>What an answer says of the database, of identities that cannot be measured, and of rows that a run has had in hand.</summary>
[Collection(nameof(WhyDatabase))]
public sealed class DiagnosisTests(WhyDatabase database)
{
    private const string Grants = "grant select, update on stories to anon, authenticated, service_role, writer; ";

    private static readonly Identity ServiceRole = new(IdentityKind.ServiceRole, Way.Sql);
    private static readonly Identity Anon = new(IdentityKind.Anon, Way.Sql);
    private static readonly Identity Owner = new(IdentityKind.Owner, Way.Sql);

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=a;Password=b;Database=c", ErrorCodes.DatabaseUnreachable, false)]
    [InlineData(null, ErrorCodes.DatabaseCredentials, true)]
    public async Task A_database_that_does_not_answer_or_refuses_the_password_is_the_reason(string? connection, string code, bool held)
    {
        var wrong = new NpgsqlConnectionStringBuilder(database.Engine.Database.ConnectionString) { Username = database.Role, Password = "wrong", Pooling = false }.ConnectionString;
        await using var services = database.Engine.Another(connection ?? wrong);

        var said = await services.GetRequiredService<WhyNothingChanged>().AskAsync(database.Engine.Table, Identity.Connection, new(), TestEngine.Cancel);

        Assert.Equal(code, said.Code);
        Assert.Equal([Found.Cause, Found.NotLooked, Found.NotLooked, Found.NotLooked, Found.NotLooked, Found.NotLooked, Found.NotLooked], said.Steps.Select(step => step.Found));
        Assert.All(said.Measured, cell => Assert.Equal(AccessAnswer.NotMeasured, cell.Answer));
        Assert.Equal(held, services.GetRequiredService<DatabaseBrake>().Refusal is not null);
        Assert.False(said.Writes);
    }

    [Theory]
    [InlineData("alter role writer in database here set default_transaction_read_only = on", "in database")]
    [InlineData("alter database here set default_transaction_read_only = on", "alter database")]
    public async Task A_database_that_takes_no_writes_is_the_reason_and_the_restriction_is_lifted_where_it_stands(string restriction, string words)
    {
        await database.BeginAsync(Grants);
        await database.SqlAsync(restriction.Replace("here", database.Engine.Database.Name, StringComparison.Ordinal));
        database.Writer.GetRequiredService<NpgsqlDataSource>().Clear();

        try
        {
            await LiftedAsync(words);
        }
        finally
        {
            // Whatever came of it, the next case must not meet it.
            await OnServerAsync($"alter database {database.Engine.Database.Name} reset default_transaction_read_only; alter role {database.Role} in database {database.Engine.Database.Name} reset all");
            database.Writer.GetRequiredService<NpgsqlDataSource>().Clear();
            database.Engine.Database.DataSource.Clear();
        }
    }

    private async Task LiftedAsync(string words)
    {
        var said = await database.AskAsync(Identity.Connection);
        Assert.Equal((ErrorCodes.DatabaseReadOnly, Suspect.Database), (said.Code, said.Steps.Single(step => step.Found == Found.Cause).Suspect));
        Assert.Contains(words, said.Cures[0].Sql, StringComparison.Ordinal);
        await OnServerAsync(said.Cures[0].Sql);
        database.Writer.GetRequiredService<NpgsqlDataSource>().Clear();
        Assert.True((await database.AskAsync(Identity.Connection)).Writes);
    }

    private async Task OnServerAsync(string sql)
    {
        await using var admin = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Engine.Database.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        await admin.OpenAsync(TestEngine.Cancel);
        await using var command = new NpgsqlCommand(sql, admin);
        await command.ExecuteNonQueryAsync(TestEngine.Cancel);
    }

    [Fact]
    public async Task A_role_that_the_connection_may_not_act_as_is_judged_by_the_catalog_and_can_be_measured_after_the_cure()
    {
        await database.BeginAsync(Grants);
        var why = database.Writer.GetRequiredService<WhyNothingChanged>();

        var said = await why.AskAsync(database.Engine.Table, ServiceRole, new() { Key = "1" }, TestEngine.Cancel);
        await database.SqlAsync("revoke update on stories from service_role");
        var denied = await why.AskAsync(database.Engine.Table, ServiceRole, new() { Key = "1" }, TestEngine.Cancel);
        await database.SqlAsync($"grant update on stories to service_role; {said.Cures[0].Sql}");
        var again = await why.AskAsync(database.Engine.Table, ServiceRole, new() { Key = "1" }, TestEngine.Cancel);

        Assert.Equal((null, $"grant \"service_role\" to \"{database.Role}\";"), (said.Code, said.Cures[0].Sql));
        Assert.Contains("may not act as service_role", said.Sentence, StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.Grant, denied.Code);
        Assert.StartsWith("It could not be tried; by the catalog service_role is refused, because it lacks UPDATE of embedding", denied.Sentence, StringComparison.Ordinal);
        Assert.True(again.Writes, again.Sentence);
    }

    [Fact]
    public async Task A_connection_that_policies_filter_says_of_others_only_what_it_could_see()
    {
        await database.BeginAsync($"{Grants} alter table stories enable row level security; grant service_role to writer");
        var why = database.Writer.GetRequiredService<WhyNothingChanged>();

        var said = await why.AskAsync(database.Engine.Table, ServiceRole, new() { Key = "1" }, TestEngine.Cancel);

        Assert.All(said.Measured, cell => Assert.Equal(AccessAnswer.NotMeasured, cell.Answer));
        Assert.Contains("sees no such row to try it on", said.Sentence, StringComparison.Ordinal);
        Assert.Null(said.Code);
    }

    [Fact]
    public async Task Over_the_api_the_role_behind_the_key_explains_what_was_measured()
    {
        await database.BeginAsync("alter table stories enable row level security; " + Grants + "create policy \"read\" on stories for select using (true)");

        var anon = await database.AskAsync(Identity.AnonymousKey);
        var service = await database.AskAsync(Identity.ServiceKey);

        Assert.StartsWith("Over the API it was not measured (", anon.Sentence, StringComparison.Ordinal);
        Assert.Contains("By SQL, as the role behind the key: The role anon is answered with success and changes no row", anon.Sentence, StringComparison.Ordinal);
        Assert.Equal((ErrorCodes.RowSecurity, null), (anon.Code, service.Code));
        Assert.All([.. anon.Measured, .. service.Measured], cell => Assert.Equal((Way.Api, AccessAnswer.NotMeasured), (cell.Identity.Way, cell.Answer)));
        Assert.Contains("The role service_role can change this row", service.Sentence, StringComparison.Ordinal);
        Assert.False(service.Writes);
    }

    [Fact]
    public async Task What_a_run_wrote_and_what_came_of_it_since_is_said_with_the_runs_number()
    {
        await database.BeginAsync(Grants);
        var run = await database.Engine.BackfillAsync();
        await database.SqlAsync(
            """
            update stories set content = 'edited since' where id = 2; update stories set embedding = null where id = 3;
            update stories set embedding = (select embedding from stories where id = 5) where id = 4; delete from stories where id = 6
            """);

        Assert.StartsWith($"The row 1 holds the vector of its text already: run {run.Id} wrote it at", await SaidAsync("1"), StringComparison.Ordinal);
        Assert.StartsWith($"The text of the row 2 was edited after run {run.Id} had embedded it", await SaidAsync("2"), StringComparison.Ordinal);
        Assert.StartsWith($"Run {run.Id} wrote a vector to the row 3", await SaidAsync("3"), StringComparison.Ordinal);
        Assert.Contains("and it holds another now", await SaidAsync("4"), StringComparison.Ordinal);
        Assert.StartsWith("There is no row 6 in public.stories", await SaidAsync("6"), StringComparison.Ordinal);
        await database.SqlAsync("delete from embedding_admin.stamp where row_key = '5'");
        Assert.Contains("holds a vector that is of unknown origin", (await database.AskAsync(Identity.Connection, new() { Key = "5" })).Steps[^1].Sentence, StringComparison.Ordinal);

        async Task<string> SaidAsync(string key)
        {
            var said = await database.AskAsync(Identity.Connection, new() { Key = key });
            Assert.Equal((key == "6" ? ErrorCodes.RowKey : null, Found.Cause), (said.Code, said.Steps[^1].Found));
            return said.Sentence;
        }
    }

    [Fact]
    public async Task A_row_that_no_run_means_or_that_is_another_owners_is_said_to_be_there()
    {
        await database.BeginAsync(Grants);
        var filtered = await database.AskAsync(Identity.Connection, new() { Key = "1" }, database.Engine.Table with { Filter = "id=gt.3" });
        var foreign = await database.AskAsync(Owner, new() { Key = "1", Owner = WhyDatabase.Even });
        var nobody = await database.AskAsync(Owner, new(), database.Engine.Table with { Owner = null });

        Assert.StartsWith("The filter of stories leaves the row 1 out", filtered.Sentence, StringComparison.Ordinal);
        Assert.StartsWith("The row 1 is there, and it could not be tried: The row 1 is not there, or is nobody's, or somebody else's.", foreign.Sentence, StringComparison.Ordinal);
        Assert.StartsWith("The settings name no owner column", nobody.Sentence, StringComparison.Ordinal);
        Assert.All([filtered, foreign, nobody], said => Assert.Null(said.Code));
    }

    [Fact]
    public async Task A_row_that_somebody_holds_is_busy_and_nobody_is_blamed()
    {
        await database.BeginAsync(Grants);
        await using var app = await database.Engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using var holding = await app.BeginTransactionAsync(TestEngine.Cancel);
        await using (var hold = new NpgsqlCommand("select from stories where id = 1 for update", app, holding))
            await hold.ExecuteNonQueryAsync(TestEngine.Cancel);

        var said = await database.AskAsync(Identity.Connection);

        Assert.Equal((ErrorCodes.DatabaseTooBusy, Suspect.Timeout), (said.Code, said.Steps.Single(step => step.Found == Found.Cause).Suspect));
        Assert.Contains("somebody else holds the row or the table (55P03)", said.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Beside_the_reason_only_what_is_worth_knowing_is_said_and_anon_who_can_write_is_an_alarm()
    {
        await database.BeginAsync(Grants + "create function g() returns trigger language plpgsql as $$ begin return new; end $$; create trigger looks before update on stories for each row execute function g(); create publication passed_on for table stories");

        var open = await database.AskAsync(Anon);
        await database.SqlAsync("alter table stories enable row level security");
        var closed = await database.AskAsync(Anon);
        await database.SqlAsync("drop publication passed_on");

        Assert.Equal("Nothing keeps anon from changing this row of public.stories: everybody on the internet can, with the publishable key.", open.Sentence);
        var triggers = closed.Steps.Single(step => step.Suspect == Suspect.Triggers);
        Assert.Equal((Found.Note, Found.Cause), (triggers.Found, closed.Steps.Single(step => step.Suspect == Suspect.RowSecurity).Found));
        Assert.Equal(["trigger \"looks\": BEFORE, for each row, public.g", "passed on by the publication passed_on"], triggers.Details);
    }

    [Fact]
    public async Task A_reason_that_only_the_api_gives_comes_before_all_that_the_catalog_says()
    {
        await database.BeginAsync(Grants);
        var cell = new AccessCell(Identity.ServiceKey, AccessQuestion.Sees, AccessAnswer.No, "The API refused the key.", new("GET", "401"), TimeProvider.System.GetUtcNow(), "EA-API-02");
        var inquiry = await database.Engine.Services.GetRequiredService<InquiryReader>().ReadAsync(database.Engine.Table, Identity.ServiceKey, new() { Key = "1" }, TestEngine.Cancel);

        var found = DatabaseSuspect.Look(inquiry with { Measured = [cell] });

        Assert.Equal((Found.Cause, "EA-API-02", "The API refused the key."), (found.Found, found.Code, found.Sentence));
        Assert.Equal(Found.Clear, DatabaseSuspect.Look(inquiry).Found);
    }
}
