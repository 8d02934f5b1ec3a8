using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Why;

/// <summary>
/// Answers "why did nothing change?" with the one reason that holds. The suspects are looked at in a fixed order; what was measured decides, and
/// the catalog explains it. Nothing is changed: the trial is rolled back, and the cures are for somebody to run.
/// </summary>
public sealed class WhyNothingChanged(InquiryReader reader, RowSuspect row, DatabaseConnection connection, DatabaseBrake brake, TimeProvider clock)
{
    private const string FoundBefore = "Not looked at: the reason had been found.";

    private static readonly (Suspect Suspect, Func<Inquiry, Finding> Look)[] Suspects =
    [
        (Suspect.Database, DatabaseSuspect.Look),
        (Suspect.Grants, GrantsSuspect.Look),
        (Suspect.RowSecurity, RowSecuritySuspect.Look),
        (Suspect.Triggers, TriggersSuspect.Look),
        (Suspect.Shape, ShapeSuspect.Look),
        (Suspect.Timeout, TimeoutSuspect.Look),
    ];

    /// <summary>Looks for the reason why a write of this identity changes nothing.</summary>
    /// <param name="table">The table as it is configured; it need not be one that can be used.</param>
    /// <param name="who">Who writes.</param>
    /// <param name="how">Which row, and as which owner.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Diagnosis> AskAsync(EmbeddingTable table, Identity who, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(how);
        try
        {
            var inquiry = await reader.ReadAsync(table, who, how, cancel);
            return Of(inquiry, await LookAsync(inquiry, cancel));
        }
        catch (Exception fault) when (DatabaseFaults.Explain(fault, connection) is { } explained)
        {
            brake.Note(fault);
            return Silent(table, who, how, explained);
        }
    }

    private async Task<List<(Suspect Suspect, Finding Finding)>> LookAsync(Inquiry inquiry, CancellationToken cancel)
    {
        var found = new List<(Suspect Suspect, Finding Finding)>();
        foreach (var (suspect, look) in Suspects)
        {
            if (Caught(found))
            {
                // Only what the catalog says is worth knowing beside the reason; what was measured has its reason.
                var aside = look(inquiry with { Trace = new(inquiry.Trace.Cells) { NoRow = true } });
                found.Add((suspect, aside.Found == Found.Note ? aside : Finding.NotLooked(FoundBefore)));
            }
            else
            {
                found.Add((suspect, look(inquiry)));
            }
        }

        found.Add((Suspect.Row, Caught(found) ? Finding.NotLooked(FoundBefore) : await row.LookAsync(inquiry, cancel)));
        return found;
    }

    private static bool Caught(List<(Suspect Suspect, Finding Finding)> found) => found.Exists(one => one.Finding.Found == Found.Cause);

    private Diagnosis Of(Inquiry inquiry, List<(Suspect Suspect, Finding Finding)> found)
    {
        var reason = found.Find(one => one.Finding.Found == Found.Cause).Finding ?? NoReason(inquiry);
        var measured = inquiry.Measured.Count > 0 ? inquiry.Measured : AccessAnswers.NotMeasured(inquiry.Who, inquiry.Unusable?.Message ?? reason.Sentence, clock);
        return new()
        {
            Table = inquiry.Table.Name,
            Identity = inquiry.Who,
            Key = inquiry.Trace.Key,
            Sentence = inquiry.IsMeasured || inquiry.Who.Way == Way.Sql || inquiry.Measured.Count == 0 ? reason.Sentence
                : $"Over the API it was not measured ({inquiry.Measured[0].Sentence.TrimEnd('.')}). By SQL, as the role behind the key: {reason.Sentence}",
            Code = reason.Code,
            Cures = reason.Cures,
            Steps = [.. found.Select(one => new Step(one.Suspect, one.Finding.Found, one.Finding.Sentence, one.Finding.Details))],
            Measured = measured,
            AsOf = clock.GetUtcNow(),
        };
    }

    /// <summary>What is said where no suspect is the reason: the write happens, could not be tried, or fails for something that nobody here knows.</summary>
    private static Finding NoReason(Inquiry inquiry)
    {
        if (inquiry.Works)
        {
            return Finding.Clear(inquiry.Who.Kind switch
            {
                IdentityKind.Anon => $"Nothing keeps anon from changing this row of {inquiry.Name}: everybody on the internet can, with the publishable key.",
                IdentityKind.Stranger => $"Nothing keeps somebody else from changing this row of {inquiry.Name}: everybody who is signed in can.",
                _ => $"{inquiry.Whoever} can change this row of {inquiry.Name}: the test vector was in it, and was rolled back. If a run changed nothing, look at the rows that it was for.",
            });
        }

        var no = inquiry.Answers.FirstOrDefault(cell => cell.Answer is AccessAnswer.No or AccessAnswer.SilentlyNo);
        if (no is null)
            return Finding.Clear(inquiry.Answers.Count > 0 ? inquiry.Answers[0].Sentence : $"Nothing of {inquiry.Name} could be tried.") with { Cures = Unmeasured(inquiry) };
        return Finding.Cause(no.Code, inquiry.IsMeasured && inquiry.Who.Way == Way.Api && inquiry.Trace.Cells.All(cell => cell.Answer == AccessAnswer.Yes)
            ? $"{no.Sentence} By SQL the same role sees the row, changes it and the change stays, so that it is not for the database's rights: look at the key, the project's address and the API's exposed schemas. Nothing was written."
            : $"{no.Sentence} Nothing that was looked at explains it. Nothing was written.", [no.Evidence.Answered]);
    }

    private static IReadOnlyList<Cure> Unmeasured(Inquiry inquiry) =>
        inquiry.Role is { MayBeTaken: false } role && inquiry.Who.Role is not null ? [Cures.LetActAs(role.Name, inquiry.Server.Role)] : [];

    private Diagnosis Silent(EmbeddingTable table, Identity who, AccessTry how, EmbeddingAdminException explained)
    {
        // A right that the program itself lacks, such as that to its own records, is a grant; all else is the database's.
        var cause = explained.Code == ErrorCodes.Grant ? Suspect.Grants : Suspect.Database;
        var finding = DatabaseSuspect.Silent(explained);
        return new()
        {
            Table = table.Name,
            Identity = who,
            Key = how.Key,
            Sentence = finding.Sentence,
            Code = finding.Code,
            Cures = [],
            Steps = [.. Enum.GetValues<Suspect>().Select(suspect => suspect == cause ? new Step(suspect, Found.Cause, finding.Sentence, []) : new Step(suspect, Found.NotLooked, "Not looked at: it could not be.", []))],
            Measured = AccessAnswers.NotMeasured(who, explained.Message, clock),
            AsOf = clock.GetUtcNow(),
        };
    }
}
