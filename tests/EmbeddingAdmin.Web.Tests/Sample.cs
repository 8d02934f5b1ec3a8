using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>Coverage and runs as a test wants them.</summary>
internal static class Sample
{
    public static readonly DateTimeOffset Now = new(2026, 3, 14, 15, 9, 26, TimeSpan.Zero);

    public static TableCoverage Coverage(long total, long fresh = 0, long stale = 0, long missing = 0, long empty = 0) => new()
    {
        Table = "stories",
        Column = "embedding",
        Rows = Counted(total),
        WithVector = Counted(fresh + stale),
        CatalogRows = total,
        Figures = CoverageStates.InOrder.ToDictionary(state => state, Figure? (state) => Counted(state switch
        {
            CoverageState.Fresh => fresh,
            CoverageState.StaleText => stale,
            CoverageState.Missing => missing,
            CoverageState.EmptySource => empty,
            _ => 0,
        })),
    };

    public static Figure Counted(long rows) => new(rows, Basis.Counted, Now);

    public static Run Run(RunStatus status, RunKind kind = RunKind.Backfill, long id = 42) => new()
    {
        Id = id,
        Kind = kind,
        Table = "stories",
        VectorColumn = 1,
        Status = status,
        Version = 3,
        Attempt = 1,
        Actor = "Ada",
        CreatedAt = Now,
        ChangedAt = Now,
        StartedAt = Now,
        ScopeRows = 5000,
        Plan = new()
        {
            Scope = kind == RunKind.Backfill ? [CoverageState.Missing] : [], Provider = "local", Host = "in this process", Model = "feature-hashing-1",
            Dimensions = 1536, Recipe = new string('a', 64), PageSize = 100, RowsPerSecond = kind == RunKind.Backfill ? 400 : null,
        },
    };

    public static RunSnapshot Snapshot(Run run, params (RowOutcome Outcome, long Rows)[] counts) =>
        new(run, new RunProgress { Tick = 1, Receipt = counts.Aggregate(Receipt.Empty, (sum, count) => sum.Add(count.Outcome, count.Rows)), RunningSeconds = 10 }, Now);

    public static Event Event(long id, string sentence) => new(id, Now, "Ada", 42, "run.running", sentence);
}
