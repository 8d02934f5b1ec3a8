using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>Puts what came back from a trial by SQL into answers, words and codes.</summary>
internal sealed class AccessAnswers(Identity who, RoleFacts role, Target target, TimeProvider clock)
{
    // Npgsql has no name for it.
    private const string GeneratedColumn = "428C9";

    /// <summary>Whether policies hold for the connection's role. It writes with row_security off, and that is then refused, whatever they let through.</summary>
    public bool Barred => who.Kind == IdentityKind.Connection && role.Filtered;

    private string Who => Name(who, role.Name);

    /// <summary>An identity at the beginning of a sentence.</summary>
    /// <param name="who">The identity.</param>
    /// <param name="role">Its role in the database.</param>
    public static string Name(Identity who, string role) => who.Kind switch
    {
        IdentityKind.Connection => $"The connection's role {role}",
        IdentityKind.Owner => "The row's owner, signed in,",
        IdentityKind.Stranger => "Somebody else, signed in,",
        _ => $"The role {role}",
    };

    /// <summary>An answer in other words than these.</summary>
    public AccessCell Of(AccessQuestion question, AccessAnswer answer, string sentence, Evidence evidence, string? code = null) =>
        new(who, question, answer, sentence, evidence, clock.GetUtcNow(), code);

    /// <summary>Nothing was measured.</summary>
    public IReadOnlyList<AccessCell> NotMeasured(string why) => NotMeasured(who, why, clock);

    /// <inheritdoc cref="NotMeasured(string)"/>
    public static IReadOnlyList<AccessCell> NotMeasured(Identity who, string why, TimeProvider clock) =>
        [.. Enum.GetValues<AccessQuestion>().Select(question => new AccessCell(who, question, AccessAnswer.NotMeasured, why, Evidence.None, clock.GetUtcNow()))];

    /// <summary>Policies hold for the connection's role, and show it no row.</summary>
    public IReadOnlyList<AccessCell> NothingSeen(string? key) =>
    [
        Of(AccessQuestion.Sees, AccessAnswer.SilentlyNo, $"{Who} is answered with no row and no error: row-level security hides {(key is null ? "every row" : $"the row {key}")} from it, or there is none.", new($"select from {target.Relation}", "no row, no error"), ErrorCodes.RowSecurity),
        Of(AccessQuestion.Changes, AccessAnswer.SilentlyNo, $"{Who} cannot change what it does not see: an update reports success and no row.", Evidence.None, ErrorCodes.RowSecurity),
        Of(AccessQuestion.Sticks, AccessAnswer.SilentlyNo, "Nothing is changed, and no error says so.", Evidence.None, ErrorCodes.RowSecurity),
    ];

    /// <summary>The connection's role may not even read a key to try it on.</summary>
    public IReadOnlyList<AccessCell> Unreadable(PostgresException refused) =>
    [
        Refused(AccessQuestion.Sees, $"select {target.Key} from {target.Relation}", refused),
        Refused(AccessQuestion.Changes, $"select {target.Key} from {target.Relation}", refused),
        Refused(AccessQuestion.Sticks, $"select {target.Key} from {target.Relation}", refused),
    ];

    public AccessCell Sees(string asked, bool seen) => seen
        ? Of(AccessQuestion.Sees, AccessAnswer.Yes, $"{Who} sees the row.", new(asked, "1 row"))
        : Of(AccessQuestion.Sees, AccessAnswer.SilentlyNo, $"{Who} is answered with no row and no error: {(role.Filtered ? "row-level security" : "something")} hides it.", new(asked, "no row, no error"), Silence);

    /// <param name="asked">The statement.</param>
    /// <param name="rows">How many rows it reported.</param>
    /// <param name="barred">What Postgres answered to the same with row_security off; null when it was not tried.</param>
    public AccessCell Changes(string asked, int rows, string? barred) => (rows, Barred) switch
    {
        (0, _) => Of(AccessQuestion.Changes, AccessAnswer.SilentlyNo, $"{Who} is answered with success, and no row is changed.", new(asked, "UPDATE 0, no error"), Silence),
        (_, true) => Of(AccessQuestion.Changes, AccessAnswer.No, BarredSentence, new(asked, $"UPDATE {rows} with row_security on; with row_security off, as this program writes, {barred}"), ErrorCodes.RowSecurity),
        _ => Of(AccessQuestion.Changes, AccessAnswer.Yes, $"{Who} is answered that the row is changed. Whether it is, the next question asks.", new(asked, $"UPDATE {rows}")),
    };

    /// <param name="asked">The statement.</param>
    /// <param name="rows">How many rows the update reported.</param>
    /// <param name="stuck">Whether the test vector was in the row.</param>
    /// <param name="lostTo">When it was taken away, where it was not and that could be seen.</param>
    public AccessCell Sticks(string asked, int rows, bool stuck, TriggerTiming? lostTo) => (rows, stuck, Barred) switch
    {
        (0, false, _) => Of(AccessQuestion.Sticks, AccessAnswer.SilentlyNo, "Nothing was changed, and no error said so.", new(asked, "the row is as it was"), Silence),
        (_, true, true) => Of(AccessQuestion.Sticks, AccessAnswer.No, BarredSentence, new(asked, "the test vector was there, and was rolled back"), ErrorCodes.RowSecurity),
        (_, true, _) => Of(AccessQuestion.Sticks, AccessAnswer.Yes, "The test vector was in the row, and was rolled back.", new(asked, "the test vector")),
        _ => Of(AccessQuestion.Sticks, AccessAnswer.SilentlyNo, $"The update reported a changed row, and the test vector is not in it: {Lost(lostTo).Words}.", new(asked, Lost(lostTo).Seen), ErrorCodes.WriteSwallowed),
    };

    private static (string Words, string Seen) Lost(TriggerTiming? to) => to switch
    {
        TriggerTiming.Before => ("something takes the new value before the row is changed", "UPDATE 1, and neither RETURNING nor the row has the test vector"),
        TriggerTiming.After => ("it was returned, and something took it away right after", "UPDATE 1, RETURNING has the test vector, and the row has not"),
        TriggerTiming.Deferred => ("it was there until what is deferred to the commit was fired", "the row had the test vector until set constraints all immediate"),
        _ => ("a trigger or a rule took it away", "not the test vector"),
    };

    /// <summary>Postgres answered with an error.</summary>
    public AccessCell Refused(AccessQuestion question, string asked, PostgresException refused)
    {
        var evidence = new Evidence(asked, $"{refused.SqlState}{DatabaseFaults.Words(refused)}");
        return refused.SqlState switch
        {
            PostgresErrorCodes.InsufficientPrivilege when WriteRefusal.IsRowSecurity(refused) =>
                Of(question, AccessAnswer.No, $"{Who} is refused: row-level security does not let the changed row through.", evidence, ErrorCodes.RowSecurity),
            PostgresErrorCodes.InsufficientPrivilege => Of(question, AccessAnswer.No, $"{Who} is refused: it lacks a grant.", evidence, ErrorCodes.Grant),
            PostgresErrorCodes.InvalidObjectDefinition => Of(question, AccessAnswer.No, $"{Who} is refused: a policy of the table asks the table itself, without end.", evidence, ErrorCodes.RowSecurity),
            GeneratedColumn => Of(question, AccessAnswer.No, "The column is generated: nobody can set it.", evidence, ErrorCodes.VectorColumn),
            PostgresErrorCodes.ReadOnlySqlTransaction => Of(question, AccessAnswer.No, "The database takes no writes.", evidence, ErrorCodes.DatabaseReadOnly),
            PostgresErrorCodes.QueryCanceled when role.StatementTimeout is { } time && who.Role is not null =>
                Of(question, AccessAnswer.No, $"{Who} has {time} for a statement, and that was over.", evidence, ErrorCodes.DatabaseTooBusy),
            _ when DatabaseFaults.IsBusy(refused) => Of(question, AccessAnswer.NotMeasured, "The table was busy; measure again.", evidence),
            _ => Of(question, AccessAnswer.No, $"{Who} is refused with an error of the table's own ({refused.SqlState}).", evidence, ErrorCodes.DatabaseFault),
        };
    }

    private string Silence => role.Filtered ? ErrorCodes.RowSecurity : ErrorCodes.WriteSwallowed;

    private string BarredSentence =>
        $"Policies let this row through, and would filter others without a word. This program writes only where that cannot happen, and row-level security holds for {role.Name}: it is refused.";
}
