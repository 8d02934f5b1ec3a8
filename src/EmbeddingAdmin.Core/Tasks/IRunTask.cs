using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Tasks;

/// <summary>A row that was read to be dealt with.</summary>
/// <param name="Key">Its key as text.</param>
/// <param name="Text">The text that the recipe makes of it, never null.</param>
/// <param name="TextHash">The text's sha256, computed by the database.</param>
public sealed record SourceRow(string Key, string Text, byte[] TextHash);

/// <summary>A page of a run on its way through the stages.</summary>
/// <param name="No">Its number in the ledger.</param>
/// <param name="Pass">0 for the main pass, then the others.</param>
public sealed record Page(int No, int Pass)
{
    /// <summary>The highest key of the page; null when it is empty.</summary>
    public string? LastKey { get; init; }

    /// <summary>The rows that still have to be dealt with.</summary>
    public IReadOnlyList<SourceRow> Rows { get; init; } = [];

    /// <summary>The rows of which the outcome is known.</summary>
    public IReadOnlyList<RowResult> Settled { get; init; } = [];

    /// <summary>The vectors of <see cref="Rows"/>, in their order, once they were made.</summary>
    public IReadOnlyList<ReadOnlyMemory<float>> Vectors { get; init; } = [];

    /// <summary>Vectors of the page that no run claims, for a verification to compare with others.</summary>
    internal IReadOnlyList<SeenVector> Unclaimed { get; init; } = [];

    /// <summary>Rows whose text was embedded again only to be compared.</summary>
    public long Compared { get; init; }

    /// <summary>What the provider charged.</summary>
    public Charge Charge { get; init; }

    /// <summary>Whether the pass ends with this page: there is nothing behind <see cref="LastKey"/>. A page may be without rows and not be the last.</summary>
    public bool IsLast { get; init; }

    /// <summary>Whether no lock is waited for when it is applied.</summary>
    public bool OnlyFree { get; init; }

    /// <summary>Rows that the page took from the table.</summary>
    public int Taken => Rows.Count + Settled.Count;

    /// <summary>The first rows, with all that is settled, and the rest as a page that still needs a number.</summary>
    internal (Page First, Page Second) SplitAt(int rows) =>
        (this with { LastKey = LastKey is null ? null : Rows[rows - 1].Key, Rows = [.. Rows.Take(rows)], Vectors = [.. Vectors.Take(rows)] },
         new(0, Pass) { Rows = [.. Rows.Skip(rows)], Vectors = [.. Vectors.Skip(rows)], OnlyFree = OnlyFree });

    /// <summary>These rows alone, as a page that still needs a number. Whatever is said of the cursor, the page that they come from has said.</summary>
    internal Page Only(IReadOnlySet<string> keys)
    {
        var places = Enumerable.Range(0, Rows.Count).Where(place => keys.Contains(Rows[place].Key)).ToList();
        return new(0, Pass) { Rows = [.. places.Select(place => Rows[place])], Vectors = [.. places.Select(place => Vectors[place])] };
    }

    /// <summary>The page with all rows that are left failed at the database.</summary>
    internal Page Fail(string code, string message) =>
        this with { Rows = [], Vectors = [], Settled = [.. Settled, .. Rows.Select(row => new RowResult(row.Key, RowOutcome.Failed, "database", code, message))] };
}

/// <summary>Which rows are read next.</summary>
/// <param name="AfterKey">The rows behind this key; null for the first.</param>
/// <param name="Rows">At most so many.</param>
/// <param name="OnlyChanged">Only those whose text was edited under an earlier page of this run; the run's limit allows no others.</param>
/// <param name="Pass">The pass of which it is, from 0.</param>
public sealed record PageRequest(string? AfterKey, int Rows, bool OnlyChanged = false, int Pass = 0);

/// <summary>What a run does, in the three stages that the runner drives: read a page, prepare it, apply it.</summary>
public interface IRunTask : IAsyncDisposable
{
    /// <summary>How many passes the task has, each over rows of its own; null when its scope is swept again after the main pass until nothing is left in it.</summary>
    int? Passes { get; }

    /// <summary>Pages that may be prepared at the same time.</summary>
    int Preparers { get; }

    /// <summary>Pages that may be applied at the same time; 1 keeps their order.</summary>
    int Appliers { get; }

    /// <summary>Rows in scope that this run has not dealt with, counted exactly.</summary>
    Task<long> CountAsync(CancellationToken cancel);

    /// <summary>Called before each pass of a worker, and again when one that was begun is taken up. It ends when the pass may begin; <paramref name="waiting"/> is told what is waited for, and null when that is over.</summary>
    Task BeginAsync(int pass, Action<Wait?> waiting, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Reads the next rows in scope behind a key, as a page that still needs a number. <paramref name="waiting"/> is told when the database is waited for.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.DatabaseTooBusy"/>: not even the smallest read came through in its time.</exception>
    Task<Page> ReadAsync(PageRequest request, Action<Wait?> waiting, CancellationToken cancel);

    /// <summary>Does what has to happen outside any transaction. <paramref name="waiting"/> is told when the provider is waited for, and null when that is over.</summary>
    /// <exception cref="Providers.ProviderFault">The provider failed for the whole page.</exception>
    Task<Page> PrepareAsync(Page page, Action<Wait?> waiting, CancellationToken cancel);

    /// <summary>Enters the page in the ledger with what it did, and returns the change of the receipt and what is left of the page.</summary>
    /// <exception cref="LeaseLostException">Another worker has the run.</exception>
    Task<Applied> ApplyAsync(Page page, RunLease lease, CancellationToken cancel);

    /// <summary>Settles what a worker that died had committed and not read back.</summary>
    Task<Receipt> RecoverAsync(RunLease lease, CancellationToken cancel);
}
