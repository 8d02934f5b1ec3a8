using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace EmbeddingAdmin.Core.Tests.Settings;

public sealed class DatabaseFaultsTests
{
    [Theory]
    [InlineData("28P01", "password authentication failed for user \"ada\"", "EA-DB-03", "refused the user", true)]
    [InlineData("28000", "no pg_hba.conf entry", "EA-DB-03", "refused the user", true)]
    [InlineData("3D000", "database \"x\" does not exist", "EA-DB-05", "no such database", true)]
    [InlineData("XX000", "Tenant or user not found", "EA-DB-02", "Tenant or user not found", true)]
    [InlineData("XX000", "(ENOTFOUND) tenant/user postgres.abc not found", "EA-DB-02", "postgres.<ref>", true)]
    [InlineData("XX000", "Circuit breaker open: Too many authentication errors", "EA-DB-03", "locked this address out", true)]
    [InlineData("XX000", "MaxClientsInSessionMode: max clients reached", "EA-DB-01", "connections are taken", false)]
    [InlineData("08P01", "SASL authentication failed", "EA-DB-03", "refused the user", true)]
    [InlineData("08P01", "password authentication failed", "EA-DB-03", "refused the user", true)]
    [InlineData("08P01", "no such user: ada", "EA-DB-03", "refused the user", true)]
    [InlineData("08P01", "no such database: x", "EA-DB-05", "no such database", true)]
    [InlineData("08P01", "unsupported startup parameter: options", "EA-DB-08", "08P01: unsupported", false)]
    [InlineData("53300", "too many connections for role", "EA-DB-01", "connections are taken", false)]
    [InlineData("25006", "cannot execute UPDATE in a read-only transaction", "EA-DB-06", "read-only", false)]
    [InlineData("53100", "could not extend file", "EA-DB-07", "disk is full", false)]
    [InlineData("57P01", "terminating connection due to administrator command", "EA-DB-01", "starting or stopping", false)]
    [InlineData("57P03", "the database system is starting up", "EA-DB-01", "starting or stopping", false)]
    [InlineData("42501", "permission denied for table stories", "EA-RLS-02", "permission denied for table stories", false)]
    [InlineData("42P01", "relation \"x\" does not exist", "EA-DB-08", "42P01: relation", false)]
    public void What_the_database_answers_has_a_code_and_a_cure(string state, string words, string code, string telling, bool refusal)
    {
        var answer = new PostgresException(words, "FATAL", "FATAL", state);
        var known = DatabaseFaults.Explain(answer)!;

        Assert.Equal(code, known.Code);
        Assert.Contains(telling, known.Message, StringComparison.Ordinal);
        Assert.Equal(refusal, DatabaseFaults.IsRefusal(answer));
    }

    [Theory]
    [InlineData("22P02", "invalid input syntax for type integer: \"hush\"")]
    [InlineData("23505", "duplicate key hush")]
    [InlineData("P0001", "hush")]
    public void Words_that_may_quote_a_row_are_not_repeated(string state, string words)
    {
        var known = DatabaseFaults.Explain(new PostgresException(words, "ERROR", "ERROR", state))!;
        Assert.Equal("EA-DB-08", known.Code);
        Assert.Contains(state, known.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", known.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.ConnectionRefused, "Failed to connect to 192.0.2.1:5432", "db.abc.supabase.co", "EA-DB-01", "db.abc.supabase.co:5432 (the connection is refused")]
    [InlineData(SocketError.TimedOut, "Failed to connect to 192.0.2.1:5432", "db.example.org", "EA-DB-01", "no answer in time")]
    [InlineData(SocketError.HostNotFound, "Name or service not known", "db.example.org", "EA-DB-01", "host name db.example.org is not known")]
    [InlineData(SocketError.HostNotFound, "Name or service not known", "db.abc.supabase.co", "EA-DB-04", "Session pooler")]
    [InlineData(SocketError.NetworkUnreachable, "Failed to connect to [2a05:d014::1]:5432", "db.abc.supabase.co", "EA-DB-04", "IPv6 address only")]
    [InlineData(SocketError.HostUnreachable, "Failed to connect to [2a05:d014::1]:5432", "db.abc.supabase.co", "EA-DB-04", "IPv6 address only")]
    [InlineData(SocketError.HostUnreachable, "Failed to connect to 192.0.2.1:5432", "db.example.org", "EA-DB-01", "no way to the host")]
    public void A_host_that_cannot_be_reached_is_told_from_one_that_has_only_IPv6(SocketError error, string words, string host, string code, string telling)
    {
        var connection = DatabaseConnection.Read($"Host={host};Username=ada;Password=hush;Database=app", null).Connection;
        var known = DatabaseFaults.Explain(new NpgsqlException(words, new SocketException((int)error)), connection)!;

        Assert.Equal(code, known.Code);
        Assert.Contains(telling, known.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", known.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_untrusted_or_missing_encryption_is_told_apart_from_silence()
    {
        Assert.Equal("EA-DB-13", DatabaseFaults.Explain(new NpgsqlException("Exception while performing SSL handshake", new AuthenticationException("untrusted")))!.Code);
        Assert.Contains("offers no encryption", DatabaseFaults.Explain(new NpgsqlException("SSL connection requested. No SSL enabled connection from this host is configured."))!.Message, StringComparison.Ordinal);
        Assert.Contains("in time", DatabaseFaults.Explain(new NpgsqlException("Exception while reading", new TimeoutException()))!.Message, StringComparison.Ordinal);
        Assert.Null(DatabaseFaults.Explain(new InvalidOperationException("SSL")));
    }

    [Fact]
    public void The_user_of_the_shared_pooler_is_explained_where_it_is_wrong()
    {
        var connection = DatabaseConnection.Read("postgresql://postgres:hush@aws-0-eu-central-1.pooler.supabase.com/postgres", null).Connection;
        Assert.Contains("The user is postgres; on Supabase's pooler it is postgres.<ref>", DatabaseFaults.Explain(new PostgresException("Tenant or user not found", "FATAL", "FATAL", "XX000"), connection)!.Message, StringComparison.Ordinal);
    }
}
