using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Why;

/// <summary>Answers "why did nothing change?" for an identity and a row, with what trying it says.</summary>
public sealed class WhyNothingChanged(TableCatalog catalog, AccessProbe access, TimeProvider clock)
{
    /// <summary>Asks.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public async Task<Diagnosis> AskAsync(EmbeddingTable table, Identity identity, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(how);
        var cells = await access.TryAsync(await catalog.ResolveAsync(table, cancel), identity, how, cancel);
        var first = cells.FirstOrDefault(cell => cell.Answer != AccessAnswer.Yes) ?? cells[0];
        return new()
        {
            Table = table.Name, Identity = identity, Key = how.Key, Sentence = first.Sentence, Code = first.Code, Cures = [], Steps = [], Measured = cells, AsOf = clock.GetUtcNow(),
        };
    }
}
