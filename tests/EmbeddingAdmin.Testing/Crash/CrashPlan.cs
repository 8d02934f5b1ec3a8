using EmbeddingAdmin.Coverage;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>What goes wrong.</summary>
public enum FaultKind
{
    /// <summary>The worker's process is killed with SIGKILL.</summary>
    Kill,

    /// <summary>The worker's process is asked to end, as by a deploy.</summary>
    Terminate,

    /// <summary>A connection is reset at a random byte, in either direction.</summary>
    CutAtByte,

    /// <summary>A connection is reset with the COMMIT not yet at the server.</summary>
    CutBeforeCommit,

    /// <summary>A connection is reset when the server has committed, and the worker does not know.</summary>
    CutAfterCommit,

    /// <summary>The network takes everything and delivers nothing, for a while.</summary>
    BlackHole,

    /// <summary>Postgres ends as in a crash, and is started again.</summary>
    ServerStop,

    /// <summary>The worker's lease runs out while it works: it was too slow to renew it.</summary>
    LeaseEnds,
}

/// <summary>A fault and when it comes.</summary>
/// <param name="Kind">What.</param>
/// <param name="AtRow">When so many rows are in the ledger.</param>
/// <param name="Cut">Where a connection is cut; null for other faults.</param>
/// <param name="Outage">How long the black hole, or the server's or the connections' absence, lasts.</param>
/// <param name="LeaseEnds">Whether the lease runs out in a black hole, so that the worker comes out of it as somebody who was taken for dead.</param>
public sealed record PlannedFault(FaultKind Kind, int AtRow, Cut? Cut, TimeSpan Outage, bool LeaseEnds)
{
    public override string ToString() => $"{Kind}{(Cut is { All: true } || LeaseEnds ? "!" : "")}@{AtRow}";
}

/// <summary>Everything that is done to one run, all of it drawn from one number.</summary>
public sealed record CrashPlan
{
    private const int Kinds = 8;

    /// <summary>The number.</summary>
    public required int Seed { get; init; }

    /// <summary>Rows of the table, the blank ones included.</summary>
    public required int Rows { get; init; }

    /// <summary>One row in so many is blank; 0 for none.</summary>
    public required int BlankEvery { get; init; }

    /// <summary>Rows per page.</summary>
    public required int PageSize { get; init; }

    /// <summary>Texts per request.</summary>
    public required int RequestSize { get; init; }

    /// <summary>How long the provider takes.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>Workers side by side.</summary>
    public required int Workers { get; init; }

    /// <summary>How many times the app changes a row meanwhile.</summary>
    public required int AppChanges { get; init; }

    /// <summary>One row in so many has a vector of unknown origin, which the run replaces; 0 for none.</summary>
    public required int UnstampedEvery { get; init; }

    /// <summary>
    /// Whether the provider stops answering when the run has come to its first fault, until that strikes: however late somebody sees that it is time,
    /// the run is then still in the middle.
    /// </summary>
    public bool Holds { get; init; }

    /// <summary>What goes wrong, in order.</summary>
    public required IReadOnlyList<PlannedFault> Faults { get; init; }

    /// <summary>The states that the run takes.</summary>
    public IReadOnlyList<CoverageState> Scope => UnstampedEvery > 0 ? [CoverageState.Missing, CoverageState.Unstamped] : [CoverageState.Missing];

    /// <summary>The plan of a seed: always the same one.</summary>
    public static CrashPlan Of(int seed)
    {
        var random = new Random(seed);
        var rows = random.Next(300, 1501);
        var pageSize = random.Next(10, 81);
        var faults = random.Next(1, 4);
        // In the order of rows; every kind comes first in one seed of eight.
        var points = Enumerable.Range(0, faults).Select(_ => random.Next(0, rows * 9 / 10)).Order().ToArray();
        return new CrashPlan
        {
            Seed = seed,
            Rows = rows,
            BlankEvery = random.Next(4) == 0 ? 0 : random.Next(5, 40),
            PageSize = pageSize,
            RequestSize = random.Next(2) == 0 ? pageSize : random.Next(5, pageSize + 1),
            Latency = TimeSpan.FromMilliseconds(random.Next(0, 40)),
            Workers = random.Next(1, 3),
            AppChanges = random.Next(2) == 0 ? 0 : random.Next(10, 60),
            UnstampedEvery = random.Next(4) == 0 ? random.Next(3, 20) : 0,
            Faults = [.. points.Select((point, n) => Fault(n == 0 ? (FaultKind)(seed % Kinds) : (FaultKind)random.Next(Kinds), point, random))],
        };
    }

    /// <summary>The same with a kind of fault of one's own choosing.</summary>
    public CrashPlan With(params FaultKind[] kinds)
    {
        var random = new Random(Seed);
        return this with { Faults = [.. kinds.Select((kind, n) => Fault(kind, Rows * (n + 1) / (kinds.Length + 2), random))] };
    }

    private static PlannedFault Fault(FaultKind kind, int atRow, Random random)
    {
        // A page's COMMIT is where most is at stake; the read-back's and any other come too.
        Transaction? of = random.Next(4) switch { 0 => Transaction.ReadBack, 1 => null, _ => Transaction.Page };
        var all = random.Next(2) == 0;
        var place = kind switch
        {
            FaultKind.CutAtByte => random.Next(2) == 0 ? CutPlace.Sending : CutPlace.Answering,
            FaultKind.CutBeforeCommit => CutPlace.BeforeCommit,
            FaultKind.CutAfterCommit => CutPlace.AfterCommit,
            _ => (CutPlace?)null,
        };
        var bytes = random.Next(1, 80_000);
        var outage = TimeSpan.FromMilliseconds(random.Next(0, kind == FaultKind.BlackHole ? 4000 : 1500));
        return new PlannedFault(kind, atRow, place is { } at ? new Cut(at, bytes, of, all) : null, outage, kind == FaultKind.BlackHole && all);
    }
}
