using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>Triggers and rules: what swallows the update, rewrites the vector, takes it away afterwards, or raises an error.</summary>
internal static class TriggersSuspect
{
    public static Finding Look(Inquiry inquiry)
    {
        if (inquiry.Facts is not { } facts)
            return Finding.NotLooked("There is no relation that could have any.");
        string[] details =
        [
            .. facts.Triggers.Select(Line),
            .. facts.Rules.Select(rule => $"rule \"{rule.Name}\"{(rule.Instead ? ", which replaces the update" : "")}: {Finding.Flat(rule.Definition)}"),
            .. facts.Publications.Count == 0 ? Array.Empty<string>() : [$"passed on by the publication {string.Join(", ", facts.Publications)}"],
        ];
        return Swallowed(inquiry, facts, details) ?? TakenAway(inquiry, facts, details) ?? Raised(inquiry, facts, details)
            ?? (details.Length == 0 ? Finding.Clear($"No trigger and no rule of {inquiry.Name} comes with an update of {inquiry.Table.Vector}.")
                : Finding.Note($"An update of {inquiry.Table.Vector} sets off what is listed here{(inquiry.Works ? "; none of it took the test vector away" : "")}.{(facts.Triggers.Any(trigger => trigger.Purpose == TriggerPurpose.Timestamp) ? " That a time is written does not make a vector out of date: texts are compared." : "")}", details));
    }

    /// <summary>The update was taken, no row was changed, and policies do not account for it.</summary>
    private static Finding? Swallowed(Inquiry inquiry, WriteFacts facts, IReadOnlyList<string> details)
    {
        if (inquiry.Trace.Rows != 0)
            return null;
        var rules = facts.Rules.Where(rule => rule.Instead).ToList();
        if (rules.Count > 0)
        {
            return Finding.Cause(ErrorCodes.WriteSwallowed,
                $"{inquiry.Whoever} is answered with success and no row is changed, because {(rules.Count == 1 ? "the rule" : "one of the rules")} {string.Join(", ", rules.Select(rule => $"\"{rule.Name}\""))} of {inquiry.Name} does something else instead of an update. Nothing was written.",
                details, Cures.Without(inquiry, rules));
        }

        var candidates = facts.Triggers.Where(trigger => trigger.ForEachRow && trigger.Timing is TriggerTiming.Before or TriggerTiming.InsteadOf).ToList();
        return candidates.Count == 0 ? null : Of(inquiry, candidates, details,
            $"{inquiry.Whoever} is answered with success and no row is changed, because {Named(candidates)} of {inquiry.Name} takes the row out of the update (its function returns NULL)");
    }

    /// <summary>The row was reported as changed, and does not hold the vector.</summary>
    private static Finding? TakenAway(Inquiry inquiry, WriteFacts facts, IReadOnlyList<string> details)
    {
        if (inquiry.Trace is not { Rows: > 0, Cells: [.., { Answer: AccessAnswer.SilentlyNo }] })
            return null;
        var (timings, what) = inquiry.Trace.LostTo switch
        {
            TriggerTiming.Before => ((TriggerTiming[])[TriggerTiming.Before], "gives the row another value than the one that was sent, before it is changed: RETURNING does not show the test vector either"),
            TriggerTiming.After => ([TriggerTiming.After], "changes the row again right after the update: RETURNING shows the test vector, and the row does not hold it"),
            TriggerTiming.Deferred => ([TriggerTiming.Deferred], "changes the row again at the commit: until then it holds the test vector"),
            _ => ([TriggerTiming.Before, TriggerTiming.After, TriggerTiming.Deferred], "gives the row another value than the one that was sent"),
        };
        var candidates = facts.Triggers.Where(trigger => timings.Contains(trigger.Timing)).ToList();
        return candidates.Count == 0 ? null : Of(inquiry, candidates, details,
            $"{inquiry.Whoever} is answered that the row is changed, and the vector is not in it, because {Named(candidates)} of {inquiry.Name} {what}");
    }

    /// <summary>A trigger's function raised an error.</summary>
    private static Finding? Raised(Inquiry inquiry, WriteFacts facts, IReadOnlyList<string> details)
    {
        if (inquiry.Trace.Refusal is not { Where: { Length: > 0 } where } refusal || DatabaseFaults.IsBusy(refusal) || WriteRefusal.IsRowSecurity(refusal))
            return null;
        // The words around an error name the functions that it came through, whatever the language; they may quote a row, so that only names are looked for.
        var candidates = facts.Triggers.Where(trigger => where.Contains($"{trigger.Function.Split('.')[^1]}(", StringComparison.Ordinal)).ToList();
        return candidates.Count == 0 ? null : Of(inquiry, candidates, [.. details, inquiry.Refused],
            $"{inquiry.Whoever} is refused with an error ({inquiry.Refused}), which {Named(candidates)} of {inquiry.Name} raises");
    }

    private static Finding Of(Inquiry inquiry, IReadOnlyList<TriggerFacts> candidates, IReadOnlyList<string> details, string sentence) => Finding.Cause(
        ErrorCodes.WriteSwallowed,
        $"{sentence}. Nothing was written.{(candidates.Any(trigger => trigger.Purpose == TriggerPurpose.AutomaticEmbedding) ? " It belongs to Supabase's automatic embeddings, which fill the same column: let one of the two do it." : "")}",
        details, Cures.Without(inquiry, candidates));

    private static string Named(IReadOnlyList<TriggerFacts> triggers) => triggers is [var only]
        ? $"the trigger \"{only.Name}\" ({only.Function})"
        : $"one of the triggers {string.Join(", ", triggers.Select(trigger => $"\"{trigger.Name}\" ({trigger.Function})"))}";

    private static string Line(TriggerFacts trigger) =>
        $"trigger \"{trigger.Name}\": {Timing(trigger.Timing)}, for each {(trigger.ForEachRow ? "row" : "statement")}, {trigger.Function}{Purpose(trigger.Purpose)}";

    private static string Timing(TriggerTiming timing) => timing switch
    {
        TriggerTiming.Before => "BEFORE",
        TriggerTiming.After => "AFTER",
        TriggerTiming.Deferred => "AFTER, deferred to the commit",
        _ => "INSTEAD OF",
    };

    private static string Purpose(TriggerPurpose purpose) => purpose switch
    {
        TriggerPurpose.Webhook => "; a webhook: an HTTP request for each row",
        TriggerPurpose.AutomaticEmbedding => "; automatic embeddings: it clears the vector, or queues the row to be embedded by somebody else",
        TriggerPurpose.Timestamp => "; it writes the time of the change",
        _ => "",
    };
}
