using EmbeddingAdmin.Coverage;

namespace EmbeddingAdmin.Testing.Adversary;

/// <summary>Whom runs write as.</summary>
public enum WriterKind
{
    /// <summary>A role with grants and nothing else: policies hold for it.</summary>
    Plain,

    /// <summary>The table's owner, for whom policies hold when they are forced.</summary>
    Owner,

    /// <summary>A role with grants and BYPASSRLS, such as Supabase's <c>postgres</c>.</summary>
    Bypassing,

    /// <summary>A superuser, whom only triggers and rules stop.</summary>
    Superuser,
}

/// <summary>What is tried, all of it drawn from one number.</summary>
public sealed record AdversaryPlan
{
    // Most of them as a role that everything can stop.
    private static readonly WriterKind[] Writers = [WriterKind.Plain, WriterKind.Owner, WriterKind.Plain, WriterKind.Bypassing, WriterKind.Plain, WriterKind.Superuser];

    public required int Seed { get; init; }

    /// <summary>Whom the runs write as.</summary>
    public required WriterKind Writer { get; init; }

    public required int Rows { get; init; }

    /// <summary>Rows per page, and texts per request.</summary>
    public required int PageSize { get; init; }

    /// <summary>Requests in flight.</summary>
    public required int Concurrency { get; init; }

    /// <summary>How long the provider takes.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>One row in so many has a vector of unknown origin, which the runs replace; 0 for none.</summary>
    public required int UnstampedEvery { get; init; }

    /// <summary>Starts, one after the other.</summary>
    public int Starts { get; init; } = 2;

    /// <summary>How often each run is made to go on.</summary>
    public int Goes { get; init; } = 4;

    /// <summary>The states that the runs take.</summary>
    public IReadOnlyList<CoverageState> Scope => UnstampedEvery > 0 ? [CoverageState.Missing, CoverageState.Unstamped] : [CoverageState.Missing];

    /// <summary>The plan of a seed: always the same one.</summary>
    public static AdversaryPlan Of(int seed)
    {
        var random = new Random(seed);
        return new()
        {
            Seed = seed,
            Writer = Writers[seed % Writers.Length],
            Rows = random.Next(40, 90),
            PageSize = random.Next(3, 9),
            Concurrency = random.Next(1, 4),
            Latency = TimeSpan.FromMilliseconds(random.Next(5, 40)),
            UnstampedEvery = random.Next(3) == 0 ? random.Next(3, 8) : 0,
        };
    }
}
