using EmbeddingAdmin.Events;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>What an operator may ask of the connection; whoever asks is asked for their session each time. Leaving the page does not take a word back.</summary>
internal sealed class ConnectionCommands(Readiness readiness, Operator whoever)
{
    public async Task RetryAsync()
    {
        await whoever.ConfirmAsync(CancellationToken.None);
        await readiness.RetryAsync(CancellationToken.None);
    }

    public async Task ConfirmAsync(string typedDatabaseName) =>
        await readiness.ConfirmAsync(typedDatabaseName, new Actor(await whoever.ConfirmAsync(CancellationToken.None), "dashboard"), CancellationToken.None);
}
