using EmbeddingAdmin.Providers;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Tasks;

/// <summary>
/// Embeds the rows of a page, request by request, and finds by halves the rows that the provider refuses, because it never says which
/// text it means. One culprit among n texts takes at most 2·log₂(n) + 1 calls, and one more where the server fails inside (a 5xx that comes
/// with the text), because a failure that does not come twice is nobody's. Where a request gets no answer at all, two fixed sentences are
/// sent: while they get none either, the provider is waited for; only when it answers those can it be a row. What it does to every text is
/// its own fault, which comes out, and no row is charged with it.
/// </summary>
/// <param name="call">Sends a request.</param>
/// <param name="waits">Told before each wait for the provider, and with null when it is over.</param>
/// <param name="accept">Looks at an answer before it counts.</param>
/// <param name="cancel">Ends a call and a pause at once.</param>
internal sealed partial class Bisection(EmbeddingCall call, Action<Wait?> waits, Action<IEnumerable<Embedding<float>>> accept, CancellationToken cancel)
{
    // Until so many texts of a page were refused and none taken, they may be the culprits that they seem to be.
    private const int RefusedToDoubt = 4;

    private bool _vouched;

    /// <summary>What came of the requests so far.</summary>
    public PageAnswers Answers { get; } = new();

    /// <summary>Embeds the rows of one request.</summary>
    /// <exception cref="ProviderFault">The provider failed, and not for single rows.</exception>
    public async Task EmbedAsync(IReadOnlyList<SourceRow> rows)
    {
        if (await TryAsync(rows) is { } fault)
            await FollowAsync(rows, fault, alone: true);
    }

    /// <summary>Finds the culprits among rows that have failed.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="fault">How they failed, or how the request failed of which they are the half that was not found well.</param>
    /// <param name="alone">Whether nothing else was sent with which they can be compared.</param>
    private async Task FollowAsync(IReadOnlyList<SourceRow> rows, ProviderFault fault, bool alone = false)
    {
        if (fault.FailedInside)
            await (alone && rows.Count == 1 ? InsistAsync(rows) : SuspectAsync(rows, fault, failed: true));
        else if (fault.Stays)
            await DoubtAsync(rows, fault);
        else if (rows is [var culprit])
            await ParkAsync(culprit, fault);
        else
            await SplitAsync(rows, fault);
    }

    /// <summary>The provider says that a text of these is at fault.</summary>
    private async Task SplitAsync(IReadOnlyList<SourceRow> rows, ProviderFault fault)
    {
        var (first, second) = Halves(rows);
        if (await TryAsync(first) is { } refused)
            await FollowAsync(first, refused);
        // The first half is well, so the second is not, and need not be asked as a whole; where the sum was too large, it may be well, too.
        else if (second.Count > 1 && fault.Code != ErrorCodes.RequestTooLarge)
        {
            await SplitAsync(second, fault);
            return;
        }

        if (await TryAsync(second) is { } other)
            await FollowAsync(second, other);
    }

    /// <summary>The server failed inside: a text may have done it, and may not.</summary>
    private async Task SuspectAsync(IReadOnlyList<SourceRow> rows, ProviderFault fault, bool failed)
    {
        if (rows is [var suspect])
        {
            await AskAgainAsync(suspect, failed ? fault : null);
            return;
        }

        var (first, second) = Halves(rows);
        var before = await TryAsync(first);
        // The second try of a single text comes before its neighbour's turn: a provider that fails every other time is found out so.
        var again = before is { FailedInside: true } && first.Count == 1 ? await AgainAsync(first[0]) : before;
        if (again is not { } one)
            await (before is null ? SuspectAsync(second, fault, failed: false) : EmbedAsync(second));
        else if (await TryAsync(second) is { } two)
            await (one.FailedInside && two.FailedInside ? InsistAsync(rows) : BothAsync(first, one, second, two));
        else if (first.Count == 1 && !one.Stays && one.IsLike(before!))
            await ParkAsync(first[0], one);
        else if (!one.FailedInside || one.IsLike(fault))
            await FollowAsync(first, one);
        else
            await InsistAsync(first);
    }

    private async Task BothAsync(IReadOnlyList<SourceRow> first, ProviderFault one, IReadOnlyList<SourceRow> second, ProviderFault two)
    {
        await FollowAsync(first, one);
        await FollowAsync(second, two);
    }

    /// <summary>A single text under suspicion: it is the culprit only if it fails twice alone.</summary>
    private async Task AskAgainAsync(SourceRow suspect, ProviderFault? before)
    {
        before ??= await TryAsync([suspect]);
        if (before is null)
            return;
        if (before.FailedInside)
        {
            if (await AgainAsync(suspect) is not { } again)
                return;
            if (again.FailedInside && !again.IsLike(before))
            {
                await InsistAsync([suspect]);
                return;
            }

            before = again;
        }

        await (before.Stays ? DoubtAsync([suspect], before) : ParkAsync(suspect, before));
    }

    private async Task<ProviderFault?> AgainAsync(SourceRow suspect)
    {
        await call.PauseAsync(cancel);
        return await TryAsync([suspect]);
    }

    /// <summary>
    /// Both halves fail, or there is nothing to compare with: it is the provider, which gets the time that it gets for any failure. Only
    /// when it goes on failing for these and answers for other texts, it is the rows after all.
    /// </summary>
    private async Task InsistAsync(IReadOnlyList<SourceRow> rows)
    {
        if (await TryAsync(rows, Insistence.Full) is not { } fault)
            return;
        if (!fault.FailedInside)
            await FollowAsync(rows, fault);
        else if (await AnswersOthersAsync())
            await SiftAsync(rows, fault);
        else
            throw fault;
    }

    private async Task ParkAsync(SourceRow row, ProviderFault fault)
    {
        Answers.Refuse(row, fault);
        if (Answers.Vectors.Count > 0 || _vouched || Answers.Refused.Count < RefusedToDoubt)
            return;
        // Nothing was taken yet: settings that the provider refuses look the same for every text.
        if (!await AnswersOthersAsync())
            throw fault;
        _vouched = true;
    }

    /// <summary>Sends a request; null when all its rows are dealt with, else the fault that may be one text's.</summary>
    private async Task<ProviderFault?> TryAsync(IReadOnlyList<SourceRow> rows, Insistence insistence = Insistence.Halving)
    {
        try
        {
            var made = await call.EmbedAsync([.. rows.Select(row => row.Text)], insistence, waits, cancel);
            Take(rows, made, made.Usage);
            return null;
        }
        catch (ProviderFault fault) when (fault.Part is { } part && (!part.IsNothing || part.Twins.Any()))
        {
            Take(rows, part.Vectors, part.Usage);
            var twins = part.Twins.ToHashSet();
            foreach (var place in part.Refused.Keys.Except(twins))
                await AloneAsync(rows[place]);
            if (twins.Count > 0)
                await TellApartAsync([.. twins.Order().Select(place => rows[place])], fault);
            return null;
        }
        catch (ProviderFault fault) when (fault.MayBeOneText || fault.Stays)
        {
            return fault;
        }
        catch (ProviderFault fault) when (rows.Count == 1 && fault is { Kind: ProviderFaultKind.BadAnswer, TextIndex: not null, Part: { } part })
        {
            Answers.Charge([rows[0].Text], part.Usage);
            // Nothing was sent with it that could have come out better. What it was charged is nobody else's matter.
            if (fault.Code != ErrorCodes.TextCut && !await AnswersOthersAsync())
                throw;
            Answers.Refuse(rows[0], fault);
            return null;
        }
    }

    /// <summary>A vector was refused while the others of its request were well: the text is sent alone, and parked if its vector is no better.</summary>
    private async Task AloneAsync(SourceRow row)
    {
        try
        {
            var made = await call.EmbedAsync([row.Text], Insistence.Halving, waits, cancel);
            Take([row], made, made.Usage);
        }
        catch (ProviderFault fault) when (fault is { Kind: ProviderFaultKind.BadAnswer, TextIndex: not null, Part: { } part })
        {
            Answers.Charge([row.Text], part.Usage);
            Answers.Refuse(row, fault);
        }
        catch (ProviderFault fault) when (fault.MayBeOneText || fault.Stays)
        {
            await FollowAsync([row], fault, alone: true);
        }
    }

    private void Take(IReadOnlyList<SourceRow> rows, IReadOnlyList<Embedding<float>?> made, UsageDetails? usage)
    {
        accept(made.OfType<Embedding<float>>());
        Answers.Take(rows, made, usage);
    }

    private static (IReadOnlyList<SourceRow> First, IReadOnlyList<SourceRow> Second) Halves(IReadOnlyList<SourceRow> rows) =>
        ([.. rows.Take(rows.Count / 2)], [.. rows.Skip(rows.Count / 2)]);
}
