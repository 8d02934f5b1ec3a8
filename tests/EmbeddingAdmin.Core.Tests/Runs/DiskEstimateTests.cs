using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Core.Tests.Runs;

public sealed class DiskEstimateTests
{
    private const long Megabyte = 1024 * 1024;

    [Fact]
    public void It_is_rows_times_bytes_with_all_that_comes_with_them()
    {
        var disk = new DiskEstimate(4960, (1536 * 4) + 8, 40 * Megabyte, Hosted: false);

        Assert.Equal((long)(4960 * 6152 * 2.2), disk.Needs);
        Assert.Null(disk.Code);
        Assert.StartsWith("The vectors will take about 64 MB (4,960 × 6,152 bytes, and as much again and more for indexes, replaced versions and the log); the database has 40 MB now, and would have 104 MB.", disk.Sentence, StringComparison.Ordinal);
        Assert.EndsWith("Should it be full, the run is paused, what was written stays, and it goes on when there is room.", disk.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, true, true)]
    [InlineData(300, true, true)]
    [InlineData(40, false, false)]
    // It is larger already than a free project can be.
    [InlineData(501, true, false)]
    public void A_hosted_project_that_would_pass_the_free_size_is_warned_of(long megabytes, bool hosted, bool warned)
    {
        var disk = new DiskEstimate(36_000, 6152, megabytes * Megabyte, hosted);

        Assert.Equal(warned ? ErrorCodes.DatabaseFull : null, disk.Code);
        Assert.Equal(warned, disk.Sentence.Contains("A free project is made read-only at 500 MB, which this would pass: make room or choose a larger disk first.", StringComparison.Ordinal));
        Assert.Null((disk with { Rows = 1 }).Code);
    }

    [Fact]
    public void Rows_that_were_not_counted_are_not_guessed()
    {
        var disk = new DiskEstimate(null, 6152, 499 * Megabyte, Hosted: true);

        Assert.Equal((null, null), (disk.Needs, disk.Code));
        Assert.StartsWith("A vector takes about 13 KB with indexes, replaced versions and the log; the rows were not counted.", disk.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db.abcdefghijklmnopqrst.supabase.co;Username=postgres;Password=hush;Database=postgres", true)]
    [InlineData("Host=aws-0-eu-central-1.pooler.supabase.com;Username=postgres.abc;Password=hush;Database=postgres", true)]
    [InlineData("Host=127.0.0.1;Username=postgres;Password=hush;Database=postgres", false)]
    public void A_hosted_project_is_known_by_its_host(string connection, bool hosted) =>
        Assert.Equal(hosted, DiskEstimate.IsHosted(DatabaseConnection.Read(connection, null).Connection!));
}
