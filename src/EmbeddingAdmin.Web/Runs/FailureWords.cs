using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>What a cause says of its rows, and what somebody can do about it, in one sentence each.</summary>
/// <param name="Meaning">What happened to the rows.</param>
/// <param name="Cure">What to do.</param>
public sealed record FailureWord(string Meaning, string Cure);

/// <summary>The causes in words: by their code where it is known, by its class where not, and by the outcome where there is none.</summary>
public static class FailureWords
{
    public static FailureWord Of(RunKind kind, FailureCause cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        if (kind == RunKind.Verify)
            return Found(cause);
        return cause switch
        {
            { Outcome: RowOutcome.Failed, Stage: "database" } => Refused(cause.Code),
            { Outcome: RowOutcome.Failed } => NotEmbedded(cause.Code),
            { Outcome: RowOutcome.TooLong } => new("The text is longer than the model takes; it was not sent and not cut.", "Shorten the text, leave a column out of the recipe, or choose a model that takes more; then retry."),
            { Outcome: RowOutcome.Changed } => new("The text was edited while its vector was made; nothing was stored.", "Nothing is wrong with the row: retry, and the text of now is embedded."),
            { Outcome: RowOutcome.Blocked } => new("The database took the statement, and the vector is not in the row.", "Look at the triggers, rules and policies of the table that the message names; retry when the vector gets through."),
            { Outcome: RowOutcome.Reverted } => new("The vector was stored, and was gone or another one when it was read back.", "Find what writes the row again (a trigger, a job, a synchronisation), keep it from the vector column, then retry."),
            { Outcome: RowOutcome.Unverified } => new("The vector was committed and could not be read back.", "Retry, or verify the table: it is read again, and said to be there only then."),
            _ => new(OutcomeWords.Of(kind, cause.Outcome).Meaning, "There is nothing to mend."),
        };
    }

    /// <summary>By SQLSTATE, and where that is not known, by its class.</summary>
    private static FailureWord Refused(string? state) => state switch
    {
        "55P03" => new("Somebody else held the row's lock for longer than a run waits.", "Nothing is wrong with the row: retry when the app is quieter."),
        "57014" => new("The statement took longer than a run allows itself.", "Look for a slow trigger or an index that is being built; then retry."),
        "40P01" or "40001" => new("The update met another transaction that held what it needed, again and again.", "Nothing is wrong with the row: retry when the app is quieter."),
        "42501" => new("The role may not do something that this update sets off.", "Grant the role what the trigger or function of the table needs; then retry."),
        "23502" => new("A column of the row that must not be empty is empty.", "Give the row its value, or take NOT NULL off the column; then retry."),
        "23503" => new("The row points to another row that is not there.", "Mend the reference, or drop the row; then retry."),
        "23505" => new("The update would make a second row with a value that must be unique.", "Settle the duplicate; a trigger that copies rows often makes it; then retry."),
        "23514" => new("The row breaks a check of its own table, most often one that was added NOT VALID.", "Mend the row so that the check holds, then retry."),
        "54000" => new("An index on the table cannot take the row: a value is too long for it.", "Shorten the value, or index a hash of it; then retry."),
        ['2', '3', ..] => new("A constraint of the table refuses the row's update.", "Mend the row so that the constraint holds, then retry."),
        ['2', '2', ..] => new("A value of the row cannot be computed with: a trigger, a generated column or an index expression fails on it.", "Mend the value, or the expression that fails on it; then retry."),
        ['P', '0', ..] or ['3', '8', ..] or ['3', '9', ..] => new("A trigger of the table raised an error.", "Read its message, mend the row or the trigger, then retry."),
        ['5', '3', ..] => new("The server had no room left: disk, memory or connections.", "Give it room, then retry."),
        ['0', '8', ..] or ['5', '7', ..] => new("The connection was cut or the server went down, again and again.", "Nothing is wrong with the row: retry when the server is well."),
        ['X', 'X', ..] => new("The server found its own data damaged.", "Look at the server's log and its indexes (REINDEX) before anything else; then retry."),
        _ => new("The database refused the row.", "Look at what the table does when a row is updated: constraints, triggers, generated columns. Then retry."),
    };

    /// <summary>By our own code, or by the HTTP status.</summary>
    private static FailureWord NotEmbedded(string? code) => code switch
    {
        ErrorCodes.TextTooLong or "413" or ErrorCodes.RequestTooLarge => new("The provider finds the text too long.", "Shorten the text, leave a column out of the recipe, or choose a model that takes more; then retry."),
        ErrorCodes.WrongDimensions or ErrorCodes.NotFinite or ErrorCodes.ZeroVector or ErrorCodes.NotUnitLength or ErrorCodes.WrongCount or ErrorCodes.WrongIndices or ErrorCodes.SameVectors or ErrorCodes.UnreadableAnswer or ErrorCodes.ErrorInAnswer =>
            new("The provider's vector of this text must not be stored.", "Retry; if it happens again, the text is one that the model makes nothing of: edit it."),
        "401" or "403" or ErrorCodes.KeyRefused or ErrorCodes.AccessForbidden => new("The provider refused the key.", "Settle the key or its rights (Embeddings:ApiKey), then retry."),
        "404" or ErrorCodes.ModelNotFound => new("The provider does not know the model.", "Check Embeddings:Model and Embeddings:Endpoint, then retry."),
        "408" or ErrorCodes.ProviderTimeout or ErrorCodes.ProviderUnreachable => new("The provider did not answer.", "Nothing is wrong with the row: retry when the provider answers."),
        "429" or ErrorCodes.RateLimited or ErrorCodes.QuotaExhausted => new("The provider asked to slow down, or its quota is used up.", "Nothing is wrong with the row: retry later, or at a lower pace."),
        ErrorCodes.TextRefused or "400" or "422" => new("The provider refuses the text.", "Look at the row's text for what the model does not take (control characters, nothing but signs), edit it, then retry."),
        ['4', _, _] => new("The provider refuses the text.", "Look up the provider's answer, edit the row's text, then retry."),
        ['5', _, _] => new("The provider fails on the text, and not on others.", "Retry later; if it fails again on the same rows, edit their texts."),
        _ => new("No vector could be made of the text.", "Read the message, settle what it names, then retry."),
    };

    private static FailureWord Found(FailureCause cause) => VerifyChecks.Of(cause.Outcome, cause.Code) is { } check
        ? new(check.Meaning, check.Fix)
        : new(OutcomeWords.Of(RunKind.Verify, cause.Outcome).Meaning, "There is nothing to mend.");
}
