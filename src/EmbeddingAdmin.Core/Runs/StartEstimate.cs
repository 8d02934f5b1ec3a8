using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>What a run will probably come to: its tokens, their price, its time, and what its updates set off. Each says what it was estimated from.</summary>
public sealed class StartEstimate(RunStore store, Ledger ledger, PriceList prices, WriteFactsReader facts, IndexMeasure indexes)
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
        var speed = await SpeedAsync(request, plan, cancel);
        if (speed.RowsPerSecond is not { } fast)
            return (null, speed.Basis);
        return speed.IsPace
            ? ((TimeSpan.FromSeconds(rows / fast), TimeSpan.FromSeconds(rows / fast * 1.5)), $"{speed.Basis}, which the provider may not reach")
            : ((TimeSpan.FromSeconds(rows / fast * 0.7), TimeSpan.FromSeconds(rows / fast * 1.5)), speed.Basis);
    }

    /// <summary>What every update of such a run sets off.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.TableMissing"/>.</exception>
    public async Task<WriteNeighbours> NeighboursAsync(Target target, WriteVolume volume, CancellationToken cancel) =>
        WriteNeighbours.Of(await FactsAsync(target, cancel), target, volume);

    /// <summary>Whether to leave the indexes on the vector while so many rows are written; null when there is none. It may be measured, by a write that is rolled back.</summary>
    public async Task<IndexAdvice?> AdviseAsync(StartRequest request, Target target, RunPlan plan, long rows, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        var known = await FactsAsync(target, cancel);
        return known.VectorIndexes.Count == 0 || rows == 0 ? null : IndexAdvice.Of(
            known.VectorIndexes, await indexes.MeasureAsync(target, known, cancel), await SpeedAsync(request, plan, cancel), rows, Math.Max(rows, (long)target.Facts.EstimatedRows));
    }

    private async Task<WriteFacts> FactsAsync(Target target, CancellationToken cancel) =>
        await facts.ReadAsync(target.Table, cancel)
        ?? throw new EmbeddingAdminException(ErrorCodes.TableMissing, $"The table {target.Relation} is not there any more. Nothing was read or written.");

    private async Task<ExpectedSpeed> SpeedAsync(StartRequest request, RunPlan plan, CancellationToken cancel)
    {
        if (plan.RowsPerSecond is { } pace)
            return new(pace, $"the pace of {pace:0.##} rows per second", IsPace: true);
        var earlier = (await store.NewestAsync(request.Table, 20, cancel)).FirstOrDefault(snapshot =>
            snapshot.Run.Kind == request.Kind && snapshot.Run.Plan.MadeBy == plan.MadeBy && snapshot.Run.RowsPerSecond is null
            && snapshot is { Done: >= 100, Progress.RunningSeconds: > 0 });
        if (earlier is null)
            return new(null, "unknown until the first pages are through: no earlier run of this table with this model tells the speed");
        var speed = earlier.Done / earlier.Progress.RunningSeconds;
        return new(speed, $"run {earlier.Run.Id}, which went at {speed:0} rows per second");
    }
}
