using EmbeddingAdmin.Access;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Access;

/// <summary>What the matrices of all tables come to, in one sentence: whether this dashboard can write, and whether those can that should not.</summary>
public sealed record AccessVerdict(string Sentence, Tone Tone)
{
    private const int MostNamed = 3;

    /// <param name="tables">Every configured table, with its matrix if it was measured.</param>
    public static AccessVerdict Of(IReadOnlyList<(string Table, AccessMatrix? Matrix)> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        var measured = tables.Where(table => table.Matrix is not null && Connection(table.Matrix) != AccessAnswer.NotMeasured).Select(table => (table.Table, Matrix: table.Matrix!)).ToList();
        var unknown = tables.Select(table => table.Table).Except(measured.Select(table => table.Table), StringComparer.Ordinal).ToList();
        if (measured.Count == 0)
            return new($"Whether this dashboard can write {Named(unknown, tables.Count)} is not known.", Tone.Neutral);
        (string Words, Tone Tone)[] clauses = [Own(measured, tables.Count), .. Service(measured, tables.Count), Anybody(measured, tables.Count)];
        var rest = unknown.Count == 0 ? "" : $" Not measured: {string.Join(", ", unknown)}.";
        return new($"{string.Join("; ", clauses.Select(clause => clause.Words))}.{rest}", clauses.Max(clause => clause.Tone));
    }

    /// <summary>Whether the connection's role can write the table, as one answer.</summary>
    public static AccessAnswer Connection(AccessMatrix matrix) => Worst(matrix, Identity.Connection);

    private static (string, Tone) Own(List<(string Table, AccessMatrix Matrix)> tables, int all)
    {
        var can = tables.Where(table => Connection(table.Matrix) == AccessAnswer.Yes).Select(table => table.Table).ToList();
        var cannot = tables.Select(table => table.Table).Except(can, StringComparer.Ordinal).ToList();
        return (can.Count, cannot.Count) switch
        {
            (_, 0) => ($"This dashboard can write {Named(can, all)}", Tone.Good),
            (0, 2) when all == 2 => ("This dashboard can write neither table", Tone.Bad),
            (0, _) => ($"This dashboard cannot write {Named(cannot, all)}", Tone.Bad),
            _ => ($"This dashboard can write {Named(can, all)}, but not {Named(cannot, all)}", Tone.Bad),
        };
    }

    // That the service key can goes without saying.
    private static IEnumerable<(string, Tone)> Service(List<(string Table, AccessMatrix Matrix)> tables, int all)
    {
        var cannot = tables.Where(table => Worst(table.Matrix, Identity.ServiceKey) is AccessAnswer.No or AccessAnswer.SilentlyNo).Select(table => table.Table).ToList();
        if (cannot.Count > 0)
            yield return ($"the service key cannot write {Named(cannot, all)}, which is wrong", Tone.Bad);
    }

    private static (string, Tone) Anybody(List<(string Table, AccessMatrix Matrix)> tables, int all)
    {
        var answers = tables.Select(table => (table.Table, Answer: Anybody(table.Matrix))).Where(table => table.Answer != AccessAnswer.NotMeasured).ToList();
        var can = answers.Where(table => table.Answer == AccessAnswer.Yes).Select(table => table.Table).ToList();
        return (can.Count, answers.Count) switch
        {
            (_, 0) => ("what the anonymous key can do is not measured", Tone.Neutral),
            (> 0, _) => ($"everybody on the internet can change the vectors of {Named(can, all)}, which is wrong", Tone.Bad),
            _ when answers.TrueForAll(table => table.Answer == AccessAnswer.SilentlyNo) => ("the anonymous key silently cannot, which is right", Tone.Neutral),
            _ => ("the anonymous key cannot, which is right", Tone.Neutral),
        };
    }

    // Where no request was sent, the key can do what its role can.
    private static AccessAnswer Anybody(AccessMatrix matrix) => matrix[Identity.AnonymousKey, AccessQuestion.Sticks].Answer is not AccessAnswer.NotMeasured and var answer
        ? answer : matrix[new(IdentityKind.Anon, EmbeddingAdmin.Access.Way.Sql), AccessQuestion.Sticks].Answer;

    private static AccessAnswer Worst(AccessMatrix matrix, Identity who)
    {
        var answers = Enum.GetValues<AccessQuestion>().Select(question => matrix[who, question].Answer).ToList();
        return answers.FirstOrDefault(answer => answer is AccessAnswer.No or AccessAnswer.SilentlyNo, answers.Contains(AccessAnswer.NotMeasured) ? AccessAnswer.NotMeasured : AccessAnswer.Yes);
    }

    private static string Named(List<string> some, int all) => (some.Count, all) switch
    {
        (2, 2) => "both tables",
        (> 2, _) when some.Count == all => $"all {Amount.Of(all)} tables",
        (> MostNamed, _) => $"{Amount.Of(some.Count)} of {Amount.Of(all)} tables",
        (1, _) => some[0],
        _ => $"{string.Join(", ", some.SkipLast(1))} and {some[^1]}",
    };
}
