using EmbeddingAdmin.Events;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>
/// What is asked of a single row, in the name of whoever is signed in. A vector whose writing was asked for is written even when the page is left.
/// </summary>
internal sealed class RowCommands(RowEmbedder embedder, ShownVectorWriter writer, MeaningSearch meaning, RunStore runs, Operator whoever)
{
    public async Task<EmbeddedRow> EmbedAsync(string table, string key, CancellationToken cancellationToken) => await embedder.EmbedAsync(table, key, await ActorAsync(), cancellationToken);

    public async Task<WrittenRow> WriteAsync(EmbeddedRow shown, bool accepted) => await writer.WriteAsync(shown, accepted, await ActorAsync(), CancellationToken.None);

    public async Task<MeaningAnswer> SearchAsync(Target target, string typed, CancellationToken cancellationToken) => await meaning.SearchAsync(target, typed, await ActorAsync(), cancellationToken);

    /// <summary>The writing run that holds the table's column, if one does.</summary>
    public async Task<long?> HolderAsync(string table) =>
        (await runs.NewestAsync(table, 20, CancellationToken.None)).FirstOrDefault(snapshot => snapshot.Run.Writes && snapshot.Run.Status.IsActive())?.Run.Id;

    private async Task<Actor> ActorAsync() => new(await whoever.ConfirmAsync(CancellationToken.None), "dashboard");
}
