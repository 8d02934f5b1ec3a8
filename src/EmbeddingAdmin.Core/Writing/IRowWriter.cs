using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Writing;

/// <summary>A vector on its way to its row.</summary>
/// <param name="Key">The row's key as text.</param>
/// <param name="TextHash">sha256 of the text that the vector was made from; the row is written only while it still has this text.</param>
/// <param name="Vector">The vector, of the column's dimensions.</param>
public sealed record VectorRow(string Key, byte[] TextHash, ReadOnlyMemory<float> Vector)
{
    /// <summary>The text itself: not written anywhere, and known so that no message tells it.</summary>
    public string Text { get; init; } = "";
}

/// <summary>One page of a run, ready to be written.</summary>
public sealed record WriteBatch
{
    /// <summary>The page's number in the ledger.</summary>
    public required int No { get; init; }

    /// <summary>0 for the main pass, then the sweeps.</summary>
    public required int Pass { get; init; }

    /// <summary>The highest key of the page; null for a page without rows.</summary>
    public required string? LastKey { get; init; }

    /// <summary>The rows to write; their keys are unique.</summary>
    public required IReadOnlyList<VectorRow> Rows { get; init; }

    /// <summary>The page's rows that were decided without a write: nothing to embed, too long, refused by the provider.</summary>
    public required IReadOnlyList<RowResult> Settled { get; init; }

    /// <summary>What the vectors were made from (<c>made_from.id</c>).</summary>
    public required int MadeFrom { get; init; }

    /// <summary>Whether a vector that is there already is replaced.</summary>
    public required bool Overwrite { get; init; }

    /// <summary>What the provider charged for the page.</summary>
    public required Charge Charge { get; init; }

    /// <summary>Whether no lock is waited for: only the rows are written that nobody else has locked.</summary>
    public bool OnlyFree { get; init; }
}

/// <summary>Puts vectors into rows and brings back what became of each.</summary>
public interface IRowWriter
{
    /// <summary>
    /// Writes a page in a transaction of its own, with stamps and ledger, and reads it back after the commit. Only a row that
    /// was read back is <see cref="RowOutcome.Written"/>. A row that the database refuses is failed, and the others are written; rows that somebody
    /// else has locked for long are left.
    /// </summary>
    /// <returns>The change of the run's receipt, and what is left of the page.</returns>
    /// <exception cref="LeaseLostException">Another worker has the run; nothing was written.</exception>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/>, <see cref="ErrorCodes.Grant"/> or <see cref="ErrorCodes.WriteSwallowed"/>: no row of the page was written.</exception>
    Task<Applied> WriteAsync(WriteBatch batch, RunLease lease, CancellationToken cancel);

    /// <summary>Reads back the pages of a run that were committed and not yet read back when its worker died.</summary>
    /// <returns>The change of the run's receipt.</returns>
    Task<Receipt> ReadBackAsync(RunLease lease, CancellationToken cancel);
}
