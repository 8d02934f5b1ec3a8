using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>
/// Commands in the name of whoever is signed in, whose session is asked for each time. A command that was given is carried out, even
/// when the page that gave it is left: none takes the page's token.
/// </summary>
internal sealed class RunCommands(RunControl control, Operator whoever)
{
    public Task<StartPreview> PreviewAsync(StartRequest request, CancellationToken cancellationToken) => control.PreviewAsync(request, cancellationToken);

    public async Task<Run> StartAsync(StartRequest request) => await control.StartAsync(request, await ActorAsync(), CancellationToken.None);

    public async Task<CommandResult> AskAsync(Run seen, RunAction action) => await control.AskAsync(seen.Id, action, seen.Status, await ActorAsync(), CancellationToken.None);

    public async Task<CommandResult> SetPaceAsync(long id, double? rowsPerSecond) => await control.SetPaceAsync(id, rowsPerSecond, await ActorAsync(), CancellationToken.None);

    private async Task<Actor> ActorAsync() => new(await whoever.ConfirmAsync(CancellationToken.None), "dashboard");
}
