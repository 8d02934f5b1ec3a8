using EmbeddingAdmin.Providers;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Tasks;

/// <content>Texts that differ and got the same vector.</content>
internal sealed partial class Bisection
{
    // More texts than this with the same vector are no accident of theirs.
    private const int MostTwins = 8;

    /// <summary>Sent alone they get their own, if only the answer was mixed up; else they are parked, unless the provider makes one vector for everything.</summary>
    private async Task TellApartAsync(IReadOnlyList<SourceRow> rows, ProviderFault refusal)
    {
        if (rows.Count > MostTwins || !await AnswersOthersAsync())
            throw refusal;
        var alone = new List<(SourceRow Row, GeneratedEmbeddings<Embedding<float>> Made)>();
        foreach (var row in rows)
        {
            try
            {
                alone.Add((row, await call.EmbedAsync([row.Text], Insistence.Halving, waits, cancel)));
            }
            catch (ProviderFault fault) when (fault.MayBeOneText || fault.Stays || fault.Code == ErrorCodes.TextCut)
            {
                await FollowAsync([row], fault, alone: true);
            }
        }

        var twins = TextTwins.Find([.. alone.Select(each => each.Row.Text)], [.. alone.Select(each => each.Made[0].Vector)]).Select(twin => twin.Place).ToHashSet();
        foreach (var (place, (row, made)) in alone.Index())
        {
            if (!twins.Contains(place))
            {
                Take([row], made, made.Usage);
                continue;
            }

            Answers.Charge([row.Text], made.Usage);
            Answers.Refuse(row, refusal);
        }
    }
}
