using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web.Providers;

/// <summary>Probes in the name of whoever is signed in, whose session is asked for each time. A probe that was sent is waited for, even when the page is left.</summary>
internal sealed class ProviderCommands(Probes probes, Operator whoever)
{
    public async Task<ProbeReport> ProbeAsync(ProviderUse use) =>
        await probes.ProbeAsync(use.Provider, use.Tables, new Actor(await whoever.ConfirmAsync(CancellationToken.None), "dashboard"), CancellationToken.None);
}
