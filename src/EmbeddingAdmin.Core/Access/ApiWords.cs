using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access;

/// <summary>Puts what came back from a trial over the API into answers, words and codes.</summary>
/// <param name="who">Whose key was used.</param>
/// <param name="role">The role that it acts as; null when the database has none of that name.</param>
/// <param name="target">The table.</param>
/// <param name="clock">The clock.</param>
internal sealed class ApiWords(Identity who, RoleFacts? role, Target target, TimeProvider clock)
{
    private string Who => who.Kind == IdentityKind.ServiceRole ? "The service key" : "The anonymous key";

    private bool Filtered => role?.Filtered ?? target.Facts.RowSecurity;

    private string Silence => Filtered ? ErrorCodes.RowSecurity : ErrorCodes.WriteSwallowed;

    // That the row has no vector takes the right to read it as a condition, and the row's version the right to the whole table.
    private bool MayUpdate => role is { UsesSchema: true } && role.Selects.Contains(target.KeyName, StringComparer.Ordinal) && role.Updates.Contains(target.Table.Vector, StringComparer.Ordinal);

    /// <summary>Nothing was asked.</summary>
    public AccessCell NotMeasured(AccessQuestion question, string why) => new(who, question, AccessAnswer.NotMeasured, why, Evidence.None, clock.GetUtcNow());

    /// <summary>What came back proves nothing.</summary>
    public AccessCell NotMeasured(AccessQuestion question, string why, ApiRequest request, ApiAnswer answer, string? code) => Cell(question, AccessAnswer.NotMeasured, why, request, answer, code);

    /// <summary>The same answer to another question.</summary>
    public static AccessCell Same(AccessCell cell, AccessQuestion question) => cell with { Question = question };

    /// <summary>The answer to a request for the row.</summary>
    public AccessCell Sees(ApiRequest request, ApiAnswer answer, ApiMeaning meaning) => meaning.Verdict switch
    {
        ApiVerdict.Read => Cell(AccessQuestion.Sees, AccessAnswer.Yes, $"{Who} sees the row.", request, answer),
        ApiVerdict.Nothing => Cell(AccessQuestion.Sees, AccessAnswer.SilentlyNo,
            $"{Who} is answered with no row and no error, and the row is there: {(Filtered ? "row-level security" : "something")} hides it.", request, answer, Silence),
        _ => Other(AccessQuestion.Sees, request, answer, meaning),
    };

    /// <summary>No row was changed, and the row is as it was.</summary>
    public (AccessCell Changes, AccessCell Sticks) Nothing(ApiRequest request, ApiAnswer answer)
    {
        var why = Filtered ? "row-level security filters its updates" : "something on the table takes its updates away";
        return (Cell(AccessQuestion.Changes, AccessAnswer.SilentlyNo, $"Silently no: {why}. A script that uses it is answered with success, and nothing is written.", request, answer, Silence),
            Cell(AccessQuestion.Sticks, AccessAnswer.SilentlyNo, "Nothing was changed; the row, read over the database connection, is as it was.", request, answer, Silence));
    }

    /// <summary>The row was changed, says the answer.</summary>
    public (AccessCell Changes, AccessCell Sticks) Changed(ApiRequest request, ApiAnswer answer, RowSeen before, RowSeen after)
    {
        var changes = Cell(AccessQuestion.Changes, AccessAnswer.Yes, $"{Who} can write: the API changed the row (to the value that it had).", request, answer);
        return (changes, after.Vector == before.Vector
            ? Cell(AccessQuestion.Sticks, AccessAnswer.Yes, "Read over the database connection, the row holds what was sent. That is what it held before: what would take a new value away does not show so, and shows by SQL.", request, answer)
            : Cell(AccessQuestion.Sticks, AccessAnswer.SilentlyNo, "The API reported a changed row, and the row, read over the database connection, does not hold what was sent: a trigger took it away.", request, answer, ErrorCodes.WriteSwallowed));
    }

    /// <summary>The update was refused, or came to nothing that tells of rights.</summary>
    public AccessCell Refused(ApiRequest request, ApiAnswer answer, ApiMeaning meaning) =>
        meaning.Verdict == ApiVerdict.NoGrant && MayUpdate || meaning.Verdict == ApiVerdict.UnknownColumn && answer.Message.Contains("xmin", StringComparison.Ordinal)
            ? Cell(AccessQuestion.Changes, AccessAnswer.NotMeasured,
                $"{Who} has the grants for an update, and not those to read what would hold it to the row as it was read. It was not sent without that condition: a newer vector might have been overwritten. By SQL, as {role?.Name}, it can be measured.", request, answer)
            : Other(AccessQuestion.Changes, request, answer, meaning);

    private AccessCell Other(AccessQuestion question, ApiRequest request, ApiAnswer answer, ApiMeaning meaning) =>
        Cell(question, meaning.IsRefusal ? AccessAnswer.No : AccessAnswer.NotMeasured, meaning.Sentence, request, answer, meaning.Code);

    private AccessCell Cell(AccessQuestion question, AccessAnswer answer, string sentence, ApiRequest request, ApiAnswer came, string? code = null) =>
        new(who, question, answer, sentence, new($"{request}", $"{came}"), clock.GetUtcNow(), code);
}
