using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Rows;

/// <summary>What became of a vector that was to be written.</summary>
/// <param name="Run">The run as it stands.</param>
/// <param name="Receipt">Its receipt, over one row.</param>
/// <param name="Row">The row's outcome with its reason, when it was not simply written.</param>
public sealed record WrittenRow(Run Run, Receipt Receipt, RowResult? Row);

/// <summary>
/// Writes the vector that was shown, by a run over this one row: it is leased, stamped, read back and entered in the ledger like any other.
/// If the process ends meanwhile, a host takes the run over and embeds the row anew.
/// </summary>
public sealed class ShownVectorWriter(RunControl control, Runner runner, Ledger ledger)
{
    /// <summary>Starts the run and drives it to its end.</summary>
    /// <param name="shown">The vector that was shown.</param>
    /// <param name="accepted">Whether whoever saw it has agreed to what writing it sets off.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="stopping">Ends the run, not the record of it.</param>
    /// <exception cref="EmbeddingAdminException">It was refused, as for <see cref="RunControl.StartAsync(StartRequest, Actor, CancellationToken)"/>; nothing was written.</exception>
    public async Task<WrittenRow> WriteAsync(EmbeddedRow shown, bool accepted, Actor actor, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(shown);
        using var generator = new ShownVector(shown);
        var (started, lease) = await control.StartHereAsync(new StartRequest(RunKind.Backfill, shown.Table) { Keys = [shown.Key], Accepts = accepted ? shown.Neighbours.Fingerprint : null }, actor, stopping);
        var run = await runner.RunAsync(started, lease, generator, stopping);
        var (receipt, _) = await ledger.SumAsync(run.Id, CancellationToken.None);
        return new WrittenRow(run, receipt, (await ledger.ListedAsync(run.Id, 1, CancellationToken.None)).FirstOrDefault());
    }
}
