using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Runs;

/// <summary>What a run will probably come to: its tokens, their price, its time. Each says what it was estimated from.</summary>
public sealed class StartEstimate(RunStore store, Ledger ledger, PriceList prices)
{
    /// <summary>The price that a run with this model is counted by; null when the settings have none.</summary>
    public ModelPrice? Price(EmbeddingModel model) => prices.Find(model);

    /// <summary>The tokens that so many bytes will come to.</summary>
    public async Task<TokenEstimate> TokensAsync(int column, EmbeddingModel model, long bytes, CancellationToken cancel) =>
        new(bytes, await ledger.UsageAsync(column, model, cancel));

    /// <summary>The time that so many rows will take; null when nothing tells.</summary>
    public async Task<((TimeSpan Least, TimeSpan Most)? Time, string Basis)> TimeAsync(StartRequest request, RunPlan plan, long rows, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.RowsPerSecond is { } pace)
            return ((TimeSpan.FromSeconds(rows / pace), TimeSpan.FromSeconds(rows / pace * 1.5)), $"the pace of {pace:0.##} rows per second, which the provider may not reach");
        var earlier = (await store.NewestAsync(request.Table, 20, cancel)).FirstOrDefault(snapshot =>
            snapshot.Run.Kind == request.Kind && snapshot.Run.Plan.MadeBy == plan.MadeBy && snapshot.Run.RowsPerSecond is null
            && snapshot is { Done: >= 100, Progress.RunningSeconds: > 0 });
        if (earlier is null)
            return (null, "unknown until the first pages are through: no earlier run of this table with this model tells the speed");
        var speed = earlier.Done / earlier.Progress.RunningSeconds;
        return ((TimeSpan.FromSeconds(rows / speed * 0.7), TimeSpan.FromSeconds(rows / speed * 1.5)), $"run {earlier.Run.Id}, which went at {speed:0} rows per second");
    }
}
