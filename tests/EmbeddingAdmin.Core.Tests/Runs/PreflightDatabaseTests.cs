using EmbeddingAdmin.Access;
using EmbeddingAdmin.Core.Tests.Access;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class PreflightDatabaseTests
{
    private static readonly ServerFacts Good = new()
    {
        Version = "17.5", VersionNumber = 170005, Database = "postgres", Role = "postgres", Superuser = false, BypassesRowSecurity = true, InRecovery = false, ReadOnly = false, Migration = 6,
    };

    [Theory]
    [InlineData("Host=127.0.0.1", "on this machine", null)]
    [InlineData("Host=db.example.org;SSL Mode=VerifyFull", "encrypted, with the server's certificate verified", null)]
    [InlineData("Host=db.example.org", "encrypted, and nobody checks with whom", ErrorCodes.ServerUnverified)]
    public void The_way_and_the_server_are_said_and_a_way_that_nobody_checks_is_a_warning(string host, string words, string? code)
    {
        var finding = PreflightDatabase.Judge(Good, Connection(host), writes: true);

        Assert.Equal((PreflightStep.Connection, code), (finding.Step, finding.Code));
        Assert.StartsWith($"PostgreSQL 17.5, {words}", finding.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(140009, false, false, ErrorCodes.ServerTooOld)]
    [InlineData(150000, true, true, ErrorCodes.DatabaseStandby)]
    [InlineData(170005, false, true, ErrorCodes.DatabaseReadOnly)]
    public void A_server_that_will_not_do_refuses_the_start(int version, bool standby, bool readOnly, string code)
    {
        var refused = Assert.Throws<EmbeddingAdminException>(() => PreflightDatabase.Judge(Good with { VersionNumber = version, InRecovery = standby, ReadOnly = readOnly }, Connection("Host=127.0.0.1"), writes: true));

        Assert.Equal(code, refused.Code);
        Assert.Contains("No run was started and no text was sent.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_only_database_is_no_reason_not_to_ask_for_a_run_that_only_reads() =>
        Assert.Equal(ErrorCodes.DatabaseReadOnly, PreflightDatabase.Judge(Good with { ReadOnly = true }, Connection("Host=127.0.0.1"), writes: false).Code);

    [Fact]
    public void The_table_is_described_and_a_column_without_a_size_is_a_warning()
    {
        var target = Stories.Target;
        Assert.Equal(
            new(PreflightStep.Table, "public.stories is a table with the key id (bigint, its primary key); embedding is vector of 1,536 dimensions, not generated, and its type is in the schema extensions."),
            PreflightDatabase.Judge(target));

        var sizeless = target with { Facts = target.Facts with { Columns = [.. target.Facts.Columns.SkipLast(1), target.Facts.Columns[^1] with { TypeModifier = -1 }] } };
        Assert.Equal(ErrorCodes.VectorWithoutSize, PreflightDatabase.Judge(sizeless).Code);
    }

    [Fact]
    public void A_finding_is_found_again_by_the_kind_of_its_event()
    {
        Assert.All(Enum.GetValues<PreflightStep>(), step => Assert.Equal(step, PreflightFinding.StepOf(new PreflightFinding(step, "").Kind)));
        Assert.Equal("preflight.neighbours", new PreflightFinding(PreflightStep.Neighbours, "").Kind);
        Assert.Null(PreflightFinding.StepOf("run.running"));
        Assert.Null(PreflightFinding.StepOf("preflight.unheard"));
    }

    private static DatabaseConnection Connection(string host) => DatabaseConnection.Read($"{host};Username=postgres;Password=hush;Database=postgres", null).Connection!;
}
