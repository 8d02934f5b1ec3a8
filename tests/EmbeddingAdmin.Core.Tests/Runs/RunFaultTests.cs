using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using Npgsql;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class RunFaultTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 14, 15, 9, 26, TimeSpan.Zero);

    [Theory]
    [InlineData("57P01", RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable)]
    [InlineData("57P02", RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable)]
    [InlineData("57P03", RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable)]
    [InlineData("08006", RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable)]
    [InlineData("53300", RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable)]
    [InlineData("25P03", RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable)]
    [InlineData("40P01", RunStatus.Interrupted, ErrorCodes.DatabaseFault)]
    [InlineData("55P03", RunStatus.Interrupted, ErrorCodes.DatabaseFault)]
    [InlineData("57014", RunStatus.Interrupted, ErrorCodes.DatabaseFault)]
    [InlineData("25006", RunStatus.Paused, ErrorCodes.DatabaseReadOnly)]
    [InlineData("53100", RunStatus.Paused, ErrorCodes.DatabaseFull)]
    [InlineData("28P01", RunStatus.Paused, ErrorCodes.DatabaseCredentials)]
    [InlineData("28000", RunStatus.Paused, ErrorCodes.DatabaseCredentials)]
    [InlineData("3D000", RunStatus.Paused, ErrorCodes.DatabaseMissing)]
    [InlineData("22P02", RunStatus.Errored, ErrorCodes.DatabaseFault)]
    [InlineData("XX001", RunStatus.Errored, ErrorCodes.DatabaseFault)]
    public void What_the_database_answers_interrupts_pauses_or_stops_the_run(string state, RunStatus to, string code)
    {
        var end = RunFault.Judge(new PostgresException("what it says of a row", "ERROR", "ERROR", state), Now);

        Assert.Equal((to, code), (end.To, end.Reason?.Code));
        // Words of the server may quote a row's text.
        Assert.DoesNotContain("of a row", end.Reason!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_from_which_a_provider_may_be_asked_again_is_read_from_the_pauses_reason()
    {
        var asked = new ProviderFault(ProviderFaultKind.RateLimited, ErrorCodes.RateLimited, "It asks to slow down.") { RetryAfter = TimeSpan.FromHours(11) };
        var reason = RunFault.Judge(asked, Now).Reason!.Sentence;
        Assert.Contains("It may be asked again from 2026-03-15 02:09:26 UTC on; resume the run then.", reason, StringComparison.Ordinal);
        Assert.Equal(Now.AddHours(11), AskAgain.Read(reason));
        Assert.Null(AskAgain.Read("It may be asked again from tomorrow on."));
        Assert.Null(AskAgain.Read("It may be asked again from 2026-13-45 02:09:26 UTC on"));
        Assert.Null(AskAgain.Read(null));
    }

    [Fact]
    public void A_connection_without_an_answer_interrupts_the_run() =>
        Assert.Equal((RunStatus.Interrupted, ErrorCodes.DatabaseUnreachable), Of(new NpgsqlException("cut", new IOException())));

    [Fact]
    public void A_refused_password_is_a_refusal_however_deep_it_is()
    {
        var refused = new PostgresException("password authentication failed", "FATAL", "FATAL", "28P01");
        Assert.Equal((RunStatus.Paused, ErrorCodes.DatabaseCredentials), Of(new NpgsqlException("held", new PasswordHeldException(refused))));
        Assert.False(DatabaseFaults.IsLost(new NpgsqlException("held", new PasswordHeldException(refused))));
        Assert.True(DatabaseFaults.IsForSomebody(refused));
    }

    [Fact]
    public void Another_server_is_noted_with_the_pause()
    {
        var now = new ServerIdentity("7", "5", "00000002");
        var end = RunFault.Judge(new ServerChangedException("another server", now), Now);
        Assert.Equal((RunStatus.Paused, ErrorCodes.ServerChanged, "7/5/00000002"), (end.To, end.Reason!.Code, end.Reason.Server));
    }

    [Theory]
    [InlineData("7/5/00000001", "7/5/00000001", null)]
    [InlineData("7/5/00000001", "8/5/00000001", "another server")]
    [InlineData("7/5/00000001", "7/6/00000001", "another database, or one that was dropped and made again")]
    [InlineData("7/5/00000001", "7/5/0000000B", "the same server after a fail-over or a restore to an earlier moment (timeline 1 then, 11 now)")]
    [InlineData("-/5/-", "8/5/00000001", null)]
    [InlineData("7/5/00000001", "-/5/-", null)]
    public void A_server_is_told_from_another_by_what_both_are_known_by(string then, string now, string? unlike)
    {
        Assert.Equal(unlike, ServerIdentity.Parse(then).Unlike(ServerIdentity.Parse(now)));
        Assert.Equal(then, ServerIdentity.Parse(then).ToString());
    }

    [Fact]
    public void A_provider_that_fails_or_refuses_holds_the_run_and_one_whose_answers_are_none_stops_it()
    {
        Assert.Equal((RunStatus.Paused, ErrorCodes.ProviderFailed), Of(new ProviderFault(ProviderFaultKind.Transient, ErrorCodes.ProviderFailed, "It failed.")));
        Assert.Equal((RunStatus.Paused, ErrorCodes.RetriesSpent), Of(new ProviderFault(ProviderFaultKind.Unwell, ErrorCodes.RetriesSpent, "Again and again.")));
        Assert.Equal((RunStatus.Errored, ErrorCodes.WrongCount), Of(new ProviderFault(ProviderFaultKind.BadAnswer, ErrorCodes.WrongCount, "One is missing.")));
        Assert.Equal((RunStatus.Paused, ErrorCodes.QuotaExhausted), Of(new ProviderFault(ProviderFaultKind.Quota, ErrorCodes.QuotaExhausted, "No money.")));
        Assert.Equal((RunStatus.Paused, ErrorCodes.KeyRefused), Of(new ProviderFault(ProviderFaultKind.Credentials, ErrorCodes.KeyRefused, "No key.")));
    }

    [Theory]
    [InlineData(60, RunStatus.Paused, "Resume the run when the provider is well.")]
    [InlineData(61, RunStatus.Paused, "It may be asked again from 2026-03-14 15:10:27 UTC on; resume the run then.")]
    public void A_provider_that_asks_for_more_time_than_is_waited_holds_the_run_and_says_until_when(int seconds, RunStatus to, string words)
    {
        var end = RunFault.Judge(new ProviderFault(ProviderFaultKind.RateLimited, ErrorCodes.RateLimited, "Too fast.") { RetryAfter = TimeSpan.FromSeconds(seconds) }, Now);
        Assert.Equal((to, ErrorCodes.RateLimited), (end.To, end.Reason?.Code));
        Assert.EndsWith(words, end.Reason!.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCodes.DatabaseReadOnly, true)]
    [InlineData(ErrorCodes.DatabaseStandby, true)]
    [InlineData(ErrorCodes.DatabaseFull, true)]
    [InlineData(ErrorCodes.DatabaseCredentials, true)]
    [InlineData(ErrorCodes.DatabaseTenant, true)]
    [InlineData(ErrorCodes.DatabaseMissing, true)]
    [InlineData(ErrorCodes.RunDrift, false)]
    [InlineData(ErrorCodes.TableUnknown, false)]
    public void What_somebody_has_to_settle_holds_the_run_and_after_the_databases_own_trouble_an_update_is_tried_first(string code, bool tried)
    {
        Assert.Equal((RunStatus.Paused, code), Of(new EmbeddingAdminException(code, "It is so.")));
        Assert.Equal(tried, RunFault.IsOfTheDatabase(code));
    }

    [Fact]
    public void A_refusal_that_nobody_has_to_settle_first_stops_the_run() =>
        Assert.Equal((RunStatus.Errored, ErrorCodes.WriteSwallowed), Of(new EmbeddingAdminException(ErrorCodes.WriteSwallowed, "It is so.")));

    [Fact]
    public void A_pooler_that_knows_no_such_project_holds_the_run() =>
        Assert.Equal((RunStatus.Paused, ErrorCodes.DatabaseTenant), Of(new PostgresException("Tenant or user not found", "FATAL", "FATAL", "XX000")));

    [Fact]
    public void What_is_unexpected_stops_the_run_and_its_words_are_left_to_the_log()
    {
        var end = RunFault.Judge(new InvalidOperationException("what it says of a row"), Now);
        Assert.Equal((RunStatus.Errored, ErrorCodes.RunFault), (end.To, end.Reason?.Code));
        Assert.StartsWith("Something unexpected happened (InvalidOperationException); the log has the details.", end.Reason!.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("of a row", end.Reason.Sentence, StringComparison.Ordinal);
    }

    private static (RunStatus, string?) Of(Exception fault)
    {
        var end = RunFault.Judge(fault, Now);
        return (end.To, end.Reason?.Code);
    }
}
