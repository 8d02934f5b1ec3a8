using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Benchmarks;

/// <summary>A whole verification of a table that a backfill has filled, with its ledger, beside unpacking every vector once. The ratio is of rows per second: 1 would be a verification that costs nothing more.</summary>
internal static class VerifyBenchmark
{
    private const double Goal = 0.5;
    private const int Dimensions = 1_536;

    public static async Task<bool> RunAsync(Trials trials, CancellationToken cancel)
    {
        var rows = trials.Rows ?? 100_000;
        await using var site = await Site.OpenAsync(["stories"], cancel);
        await site.Database.ExecuteAsync($"create table stories (id uuid primary key, content text, embedding extensions.vector({Dimensions}))", cancel);
        await site.FillAsync("stories", rows, cancel);
        var (filling, hold) = await site.StartAsync(RunKind.Backfill, "stories", cancel);
        if (await site.Get<Runner>().RunAsync(filling, hold, cancel) is not { Verdict: Verdict.Verified })
            throw new InvalidOperationException("The table was not filled.");
        await site.Database.ExecuteAsync("vacuum analyze stories", cancel);
        await site.Database.ExecuteAsync("vacuum analyze embedding_admin.stamp", cancel);
        await using var unpacking = await site.Database.DataSource.OpenConnectionAsync(cancel);
        await using var unpack = new NpgsqlCommand("select sum(extensions.vector_dims(embedding)) from stories", unpacking) { CommandTimeout = 600 };
        return await trials.MeasureAsync(
            $"verification of {rows:N0} × {Dimensions:N0} / one pass that unpacks every vector", VerifyAsync, async () => await unpack.ExecuteNonQueryAsync(cancel),
            (variant, floor) => floor / variant, ($"≥ {Goal}", ratio => ratio >= Goal));

        async Task VerifyAsync()
        {
            var (run, lease) = await site.StartAsync(RunKind.Verify, "stories", cancel);
            var ended = await site.Get<Runner>().RunAsync(run, lease, cancel);
            if (ended is not { Status: RunStatus.Succeeded, Verdict: Verdict.Verified })
                throw new InvalidOperationException($"The verification ended otherwise: {ended.Status} {ended.Verdict} {ended.Reason}");
        }
    }
}
