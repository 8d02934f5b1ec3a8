using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Tasks;

/// <content>What gets no answer at all: the provider may be away, and a text may have silenced it.</content>
internal sealed partial class Bisection
{
    /// <summary>All tries got no answer. If the provider answers others, be it after a while, a row may have done it.</summary>
    private async Task DoubtAsync(IReadOnlyList<SourceRow> rows, ProviderFault fault)
    {
        if (!await AnswersOthersAsync())
            throw fault;
        await (rows is [var suspect] ? ConvictAsync(suspect, fault) : SiftAsync(rows, fault));
    }

    /// <summary>A single row that got no answer: it is the culprit if it fails once more while the sentences are answered before and after.</summary>
    private async Task ConvictAsync(SourceRow suspect, ProviderFault fault)
    {
        while (await TryAsync([suspect], Insistence.Once) is { } again)
        {
            if (!again.Stays)
            {
                await FollowAsync([suspect], again);
                return;
            }

            if (await AnswersOthersAsync(atOnce: true))
            {
                await ParkAsync(suspect, again);
                return;
            }

            if (!await AnswersOthersAsync())
                throw fault;
        }
    }

    /// <summary>The provider answers for other texts: every half that fails is followed.</summary>
    private async Task SiftAsync(IReadOnlyList<SourceRow> rows, ProviderFault fault)
    {
        if (rows is [var culprit])
        {
            await (fault.Stays ? DoubtAsync(rows, fault) : AskAgainAsync(culprit, fault));
            return;
        }

        // Both before either is followed: the answer for the one says that the failure of the other is not the provider's.
        var (first, second) = Halves(rows);
        var (one, two) = (await TryAsync(first, Insistence.Once), await TryAsync(second, Insistence.Once));
        if (one is not null && two is not null && (one.Stays || two.Stays) && !await AnswersOthersAsync())
            throw one;
        if (one is not null)
            await (one.MayHeal ? SiftAsync(first, one) : FollowAsync(first, one));
        if (two is not null)
            await (two.MayHeal ? SiftAsync(second, two) : FollowAsync(second, two));
    }

    /// <summary>Whether the provider makes vectors of the probe's sentences. Unless only what is answered at once counts, it is waited for while it answers nothing.</summary>
    private async Task<bool> AnswersOthersAsync(bool atOnce = false)
    {
        var made = await call.ProbeAsync(atOnce, waits, cancel);
        if (made is not null)
            Answers.Charge(ProviderProbe.Sentences, made.Usage);
        return made is not null;
    }
}
