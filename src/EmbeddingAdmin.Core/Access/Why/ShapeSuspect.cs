using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>What the relation and its column are, and whether they can hold what is written.</summary>
internal static class ShapeSuspect
{
    public static Finding Look(Inquiry inquiry)
    {
        string[] details =
        [
            .. inquiry.Facts is { } facts ? [$"{Kind(facts.Kind)}, of the owner {facts.Owner}"] : Array.Empty<string>(),
            .. inquiry.Facts?.VectorIndexes.Select(index => $"index {index.Name} ({index.Method}) on the vector") ?? [],
        ];
        if (inquiry.Unusable is { } unusable)
            return Unusable(inquiry, unusable, details);
        if (inquiry.State?.StartsWith("23", StringComparison.Ordinal) == true && inquiry.Trace.Refusal!.ConstraintName is { Length: > 0 } constraint)
        {
            return Finding.Cause(ErrorCodes.DatabaseFault,
                $"{inquiry.Whoever} is refused with an error ({inquiry.State}): the constraint {constraint} of {inquiry.Name} does not take the test vector, which has length 1 and a single number that is not 0. Nothing was written. Whether it takes the model's vectors, a run over one row shows.", details);
        }

        return inquiry.Facts?.PartitionOf is { } parent
            ? Finding.Note($"{inquiry.Name} is a partition of {parent}: for what is written to it directly its own policies hold, and not those of {parent}.", details)
            : Finding.Clear($"{inquiry.Name} is a table, and {inquiry.Table.Vector} can be written.", details);
    }

    private static Finding Unusable(Inquiry inquiry, EmbeddingAdminException unusable, IReadOnlyList<string> details)
    {
        if (inquiry.Facts is { View: { } view, Kind: 'v' } facts)
            return View(inquiry, unusable, facts, view, details);
        Cure[] cures = inquiry.Facts switch
        {
            { Generated: true } => [Cures.DropExpression(inquiry)],
            { View.Tables: [var table, ..] } => [Cures.NameInstead(inquiry, table)],
            { ForeignServer: { } server } => [new($"Set this program up beside the server {server}, whose table it is, and name the table there.", "")],
            _ => [],
        };
        return Finding.Cause(unusable.Code, unusable.Message, details, cures);
    }

    private static Finding View(Inquiry inquiry, EmbeddingAdminException unusable, WriteFacts facts, ViewFacts view, IReadOnlyList<string> details)
    {
        var behind = view.Tables.Count == 0 ? "no table" : string.Join(", ", view.Tables);
        var whose = view.SecurityInvoker
            ? $"it has security_invoker, so that the rights and the row-level security of whoever asks decide on {behind}"
            : $"whoever asks writes {behind} with the rights of the view's owner {facts.Owner}, and is not held by row-level security of their own";
        var measured = inquiry.Trace switch
        {
            { Refusal: not null } => $"An update through it is refused with an error ({inquiry.Refused}).",
            { Rows: 0 } => "An update through it is answered with success and changes no row.",
            { Rows: > 0 } when inquiry.Works => "An update through it reaches the row.",
            { Rows: > 0 } when view.CheckOption is null => "An update through it reports a changed row, which the view does not show any more: it has a filter and no CHECK OPTION.",
            { Rows: > 0 } => "An update through it reports a changed row, which does not hold the vector.",
            _ => "No update through it was tried.",
        };
        return Finding.Cause(unusable.Code, $"{inquiry.Name} is a view: {whose}. {measured} This program writes tables only. Nothing was written.", details,
            view.Tables is [var table, ..] ? [Cures.NameInstead(inquiry, table)] : []);
    }

    private static string Kind(char kind) => kind switch
    {
        'r' => "a table",
        'p' => "a partitioned table",
        'v' => "a view",
        'm' => "a materialized view",
        'f' => "a foreign table",
        _ => "a relation",
    };
}
