using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Tasks;

/// <summary>A row that was read to be dealt with.</summary>
/// <param name="Key">Its key as text.</param>
/// <param name="Text">The text that the recipe makes of it, never null.</param>
/// <param name="TextHash">The text's sha256, computed by the database.</param>
public sealed record SourceRow(string Key, string Text, byte[] TextHash);

/// <summary>A page of a run on its way through the stages.</summary>
/// <param name="No">Its number in the ledger.</param>
/// <param name="Pass">0 for the main pass, then the sweeps.</param>
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

    /// <summary>What the provider charged.</summary>
    public Charge Charge { get; init; }

    /// <summary>Rows that the page took from the table.</summary>
    public int Taken => Rows.Count + Settled.Count;
}

/// <summary>What a run does, in the three stages that the runner drives: read a page, prepare it, apply it.</summary>
public interface IRunTask : IAsyncDisposable
{
    /// <summary>Whether the scope is swept again after the main pass, until nothing is left in it.</summary>
    bool Sweeps { get; }

    /// <summary>Pages that may be prepared at the same time.</summary>
    int Preparers { get; }

    /// <summary>Pages that may be applied at the same time; 1 keeps their order.</summary>
    int Appliers { get; }

    /// <summary>Rows in scope that this run has not dealt with, counted exactly.</summary>
    Task<long> CountAsync(CancellationToken cancel);

    /// <summary>Reads the next rows in scope behind a key; a page without rows ends the pass.</summary>
    Task<Page> ReadAsync(int no, int pass, string? afterKey, int rows, CancellationToken cancel);

    /// <summary>Does what has to happen outside any transaction. <paramref name="waiting"/> is told when the provider is waited for.</summary>
    /// <exception cref="Providers.ProviderFault">The provider failed for the whole page.</exception>
    Task<Page> PrepareAsync(Page page, Action<string?> waiting, CancellationToken cancel);

    /// <summary>Enters the page in the ledger with what it did, and returns the change of the receipt.</summary>
    /// <exception cref="LeaseLostException">Another worker has the run.</exception>
    Task<Receipt> ApplyAsync(Page page, RunLease lease, CancellationToken cancel);

    /// <summary>Settles what a worker that died had committed and not read back.</summary>
    Task<Receipt> RecoverAsync(RunLease lease, CancellationToken cancel);
}
