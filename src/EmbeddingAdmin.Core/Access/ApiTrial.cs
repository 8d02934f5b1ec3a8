using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access;

/// <summary>One key and one row after another, until one holds still while it is tried.</summary>
/// <param name="api">The API.</param>
/// <param name="rows">Reads rows over the database connection.</param>
/// <param name="target">The table.</param>
/// <param name="access">The project and the key.</param>
/// <param name="words">What puts the answers into words.</param>
internal sealed class ApiTrial(SupabaseApi api, SampleRows rows, Target target, ApiAccess access, ApiWords words)
{
    /// <summary>Why no update is sent; null when one is.</summary>
    public string? Unasked { get; init; }

    /// <summary>Whether anything stands on the table that can take a value away again.</summary>
    public bool CanBeUndone { get; init; }

    /// <summary>Asks the three questions; null when the row changed meanwhile.</summary>
    public async Task<IReadOnlyList<AccessCell>?> RunAsync(RowSeen row, CancellationToken cancel)
    {
        var look = ApiRequest.Row(target, row.Key, access);
        var looked = await api.SendAsync(look, cancel);
        var seen = ApiMeaning.Of(look, looked);
        if (seen.Verdict == ApiVerdict.Nothing && await rows.AgainAsync(row.Key, cancel) is null)
            return null;
        var sees = words.Sees(look, looked, seen);
        // What is not there for a question is not there for an update.
        if (sees.Answer == AccessAnswer.NotMeasured)
            return [sees, ApiWords.Same(sees, AccessQuestion.Changes), ApiWords.Same(sees, AccessQuestion.Sticks)];
        return Unasked is { } why ? [sees, words.NotMeasured(AccessQuestion.Changes, why), words.NotMeasured(AccessQuestion.Sticks, why)]
            : await ChangeAsync(row, cancel) is var (changes, sticks) ? [sees, changes, sticks] : null;
    }

    private async Task<(AccessCell Changes, AccessCell Sticks)?> ChangeAsync(RowSeen row, CancellationToken cancel)
    {
        var request = ApiRequest.Update(target, row, row.Vector, access);
        var answer = await api.SendAsync(request, cancel);
        var meaning = ApiMeaning.Of(request, answer);
        var after = await rows.AgainAsync(row.Key, cancel);
        switch (meaning.Verdict)
        {
            case ApiVerdict.Changed when !answer.Values(target.KeyName).SequenceEqual([row.Key], StringComparer.Ordinal):
                return Both(words.NotMeasured(AccessQuestion.Changes, "The API answered with success, and not with the row that was meant, so that its answer proves nothing.", request, answer, ErrorCodes.NotTheApi));
            case ApiVerdict.Changed when after is null:
                return null;
            case ApiVerdict.Changed:
                var (changes, sticks) = words.Changed(request, answer, row, after);
                // Without anything on the table that could have done it, somebody else came between.
                return sticks.Answer == AccessAnswer.Yes || CanBeUndone ? (changes, sticks) : null;
            case ApiVerdict.Nothing:
                return after is null || after.Version != row.Version ? null : words.Nothing(request, answer);
            default:
                return Both(words.Refused(request, answer, meaning));
        }

        (AccessCell, AccessCell) Both(AccessCell cell) => (cell, ApiWords.Same(cell, AccessQuestion.Sticks));
    }
}
