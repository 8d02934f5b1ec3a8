using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// What is tried before a run that writes is made: whether the database takes an update, and whether the provider makes vectors for the
/// column. Until both have answered, no row's text leaves the database.
/// </summary>
public sealed class Preflight(AccessProbe access, ProviderProbe probe)
{
    private const string NotStarted = "No run was started and no row's text was sent.";

    /// <summary>Tries both, the database first.</summary>
    /// <exception cref="EmbeddingAdminException">The first that refused, with its code and what to do.</exception>
    public async Task<ProbeReport> PassAsync(Target target, EmbeddingProvider provider, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        RefuseUnlessItCanWrite(target, await access.DatabaseAsync(target, cancel));
        var report = await probe.ProbeAsync(provider, cancel);
        return report.Code is { } code
            ? throw new EmbeddingAdminException(code, ProviderFault.Join(report.Happened, NotStarted, report.ToDo))
            : report;
    }

    /// <summary>Tries the database once more before a run goes on that was paused because it took no writes.</summary>
    /// <param name="target">The table.</param>
    /// <param name="pause">The code with which the run was paused; it is paused so again when the database takes no update yet.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException"><paramref name="pause"/>: the database takes no update yet.</exception>
    public async Task ResumeAsync(Target target, string pause, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        var tried = await access.DatabaseAsync(target, cancel);
        if (tried.Code is { } code)
            throw new EmbeddingAdminException(pause, $"The test update before the run goes on did not come through ({code}). {tried.Sentence} Nothing more was written. Settle that and resume.");
    }

    private static void RefuseUnlessItCanWrite(Target target, WriteProbe probe)
    {
        var table = $"{target.Table.Schema}.{target.Table.Table}";
        switch (probe.Code)
        {
            case null:
                return;
            case ErrorCodes.RowSecurity:
                throw WriteRefusal.RowSecurity(table, probe.Name);
            case ErrorCodes.Grant:
                throw new EmbeddingAdminException(
                    probe.Code,
                    $"The database role {probe.Name} may not update {table}. No run was started and no text was sent. Grant it: grant select, update ({target.Vector}) on {target.Relation} to {SqlName.Of(probe.Name)};");
            default:
                throw new EmbeddingAdminException(probe.Code, $"A test update of {table} reported success and changed nothing. No run was started and no text was sent. {probe.Sentence}");
        }
    }
}
