using System.Runtime.CompilerServices;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.Providers;

/// <summary>A provider with its model and length of vectors, and the tables that are filled by it.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Tables">Names of the configured tables, in their order.</param>
/// <param name="Key">The fingerprint of the key that its requests carry; null for none.</param>
/// <param name="Patience">How long one try of a request may take; null where nothing is sent.</param>
/// <param name="Price">What it asks for tokens; null when the settings have no price.</param>
public sealed record ProviderUse(EmbeddingProvider Provider, IReadOnlyList<string> Tables, string? Key, TimeSpan? Patience, ModelPrice? Price)
{
    public EmbeddingModel Model => Provider.Model;

    /// <summary>Whether the vectors are made in this process.</summary>
    public bool IsLocal => Model.Provider == LocalEmbeddings.ProviderName;
}

/// <summary>The providers that the tables use.</summary>
/// <param name="Uses">Each provider, model and length once.</param>
/// <param name="Faults">The tables that none can be said of or that theirs cannot fill, and why.</param>
/// <param name="AsOf">When that was looked up.</param>
internal sealed record ProvidersReport(IReadOnlyList<ProviderUse> Uses, IReadOnlyList<TableFault> Faults, DateTimeOffset AsOf);

/// <summary>A table, and what is wrong with it.</summary>
internal sealed record TableFault(string Table, EmbeddingAdminException Fault);

/// <summary>Looks which providers the tables use. It reads the catalog and the settings, and asks no provider: that costs.</summary>
internal sealed class ProviderLook(TableCatalog catalog, ProviderSource source, PriceList prices, IOptionsMonitor<EmbeddingOptions> options, TimeProvider clock)
{
    /// <summary>How long a look is taken for fresh.</summary>
    internal static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    /// <summary>The providers, now and again every 15 seconds: a key may change, and a column too.</summary>
    public async IAsyncEnumerable<ProvidersReport> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            yield return await LookAsync(catalog.Tables, cancellationToken);
            await Task.Delay(Every, clock, cancellationToken);
        }
    }

    /// <summary>The providers of these tables.</summary>
    public async Task<ProvidersReport> LookAsync(IReadOnlyList<EmbeddingTable> tables, CancellationToken cancellationToken)
    {
        var uses = new List<(EmbeddingProvider Provider, List<string> Tables)>();
        var faults = new List<TableFault>();
        foreach (var (table, target, fault) in await catalog.ResolveAllAsync(cancellationToken))
        {
            if (!tables.Contains(table))
                continue;
            if (target is null)
            {
                faults.Add(new(table.Name, fault!));
                continue;
            }

            if (WhyNotFilled(target) is { } unfit)
                faults.Add(new(table.Name, unfit));
            if (ProviderOf(target) is not { } provider)
                continue;
            if (uses.Find(use => use.Provider.Model == provider.Model) is { Tables: { } known })
                known.Add(table.Name);
            else
                uses.Add((provider, [table.Name]));
        }

        return new([.. uses.Select(use => Use(use.Provider, use.Tables))], faults, clock.GetUtcNow());
    }

    private ProviderUse Use(EmbeddingProvider provider, IReadOnlyList<string> tables) =>
        new(provider, tables, provider.KeyFingerprint, provider.SendsTextAway ? options.CurrentValue.Timeout : null, prices.Find(provider.Model));

    private EmbeddingAdminException? WhyNotFilled(Target target)
    {
        try
        {
            source.ToFill(target);
            return null;
        }
        catch (EmbeddingAdminException unfit)
        {
            return unfit;
        }
    }

    private EmbeddingProvider? ProviderOf(Target target)
    {
        try
        {
            return source.For(target);
        }
        catch (ProviderFault)
        {
            // Said by the fault of the table.
            return null;
        }
    }
}
