using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>What <c>doctor</c> found of a table, as JSON and in words.</summary>
internal static class DoctorReport
{
    private static readonly AccessQuestion[] Questions = Enum.GetValues<AccessQuestion>();

    public static object Of(Examination found) => new
    {
        Table = found.Table.Name,
        found.Matrix?.Role,
        found.AllCan,
        found.Matrix?.AsOf,
        Identities = found.Matrix is { } matrix ? Identities(matrix).Select(who => Of(matrix, who)) : [],
        Why = found.Why.Select(Of),
        Fault = found.Fault is { } fault ? new { fault.Code, fault.Message } : null,
    };

    public static string InWords(Examination found)
    {
        if (found.Matrix is not { } matrix)
            return $"{found.Table.Name}: {found.Fault!.Code}: {found.Fault.Message}";
        var rows = Identities(matrix).Select(who => (string[])[Named(matrix, who), .. Questions.Select(question => Word(matrix[who, question].Answer))]).Prepend(["", "sees", "changes", "sticks"]).ToList();
        var widths = rows[0].Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        List<string> lines =
        [
            $"{matrix.Table}: {(matrix.AllCan ? "whoever should write can" : $"{string.Join(" and ", matrix.Unable.Select(who => Named(matrix, who)))} cannot write")}, as of {matrix.AsOf.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC",
            .. rows.Select(row => $"  {string.Join("  ", row.Select((word, column) => word.PadRight(widths[column])))}".TrimEnd()),
        ];
        foreach (var who in Identities(matrix))
        {
            if (found.Why.FirstOrDefault(why => why.Identity == who) is { } why)
                lines.AddRange(Words(matrix, who, why));
            else if (Questions.Select(question => matrix[who, question]).FirstOrDefault(cell => cell.Answer == AccessAnswer.NotMeasured) is { } open)
                lines.Add($"  {Named(matrix, who)}: not measured. {open.Sentence}");
        }

        return string.Join('\n', lines);
    }

    private static IEnumerable<string> Words(AccessMatrix matrix, Identity who, Diagnosis why)
    {
        var cell = Questions.Select(question => matrix[who, question]).First(cell => cell.Answer != AccessAnswer.Yes);
        yield return $"  {Named(matrix, who)}: {(cell.Code is { } code ? $"{code}: " : "")}{cell.Sentence}";
        if (cell.Evidence.Asked.Length > 0)
            yield return $"    asked: {cell.Evidence.Asked}\n    answered: {cell.Evidence.Answered}";
        yield return $"    why: {why.Sentence}";
        if (why.Cures is [var cure, ..])
            yield return $"    cure: {cure.Says}{string.Concat(cure.Sql.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"\n      {line}"))}";
    }

    private static object Of(AccessMatrix matrix, Identity who) => new
    {
        Identity = who.Slug,
        Role = who.Role ?? matrix.Role,
        Way = Run.Name(who.Way),
        Sees = Of(matrix[who, AccessQuestion.Sees]),
        Changes = Of(matrix[who, AccessQuestion.Changes]),
        Sticks = Of(matrix[who, AccessQuestion.Sticks]),
    };

    private static object Of(AccessCell cell) => new { Answer = Run.Name(cell.Answer), cell.Sentence, cell.Code, cell.Evidence.Asked, cell.Evidence.Answered };

    private static object Of(Diagnosis why) => new { Identity = why.Identity.Slug, why.Code, why.Sentence, Cures = why.Cures.Select(cure => new { cure.Says, cure.Sql }) };

    private static IEnumerable<Identity> Identities(AccessMatrix matrix) => matrix.Cells.Select(cell => cell.Identity).Distinct();

    private static string Named(AccessMatrix matrix, Identity who) => (who.Kind, who.Way) switch
    {
        (IdentityKind.Connection, _) => matrix.Role.Length > 0 ? $"the connection ({matrix.Role})" : "the connection",
        (IdentityKind.Owner, _) => "the row's owner, signed in",
        (IdentityKind.Stranger, _) => "somebody else, signed in",
        (IdentityKind.ServiceRole, Way.Api) => "the service key",
        (IdentityKind.Anon, Way.Api) => "the anonymous key",
        _ => $"the role {who.Role}",
    };

    private static string Word(AccessAnswer answer) => answer switch
    {
        AccessAnswer.Yes => "yes",
        AccessAnswer.No => "no",
        AccessAnswer.SilentlyNo => "silently no",
        AccessAnswer.NotMeasured => "not measured",
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, null),
    };
}
