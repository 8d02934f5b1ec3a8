namespace EmbeddingAdmin.Access.Api;

/// <summary>
/// What an answer means. The code in the body decides, and only where there is none the status: 42501 comes as 401 or 403, a statement that took
/// too long as 500, and a filtered update as 200, 204, 404 or 406.
/// </summary>
/// <param name="Verdict">In one word.</param>
/// <param name="Code">One of <see cref="ErrorCodes"/>; null when it is no fault.</param>
/// <param name="Sentence">What happened, what was not done and what to do.</param>
/// <param name="Rows">The rows that were changed or came; null when nobody counts them.</param>
public sealed record ApiMeaning(ApiVerdict Verdict, string? Code, string Sentence, long? Rows = null)
{
    private const string Later = "Try again in a moment.";
    private const string ReloadSchema = "Correct the settings; where it is new, have the API read the schema again: notify pgrst, 'reload schema';";
    private const string NotKnown = "Whether it was done is not known: it may still be worked on, and PostgREST before 16 never ends what a trigger refuses with 40001. Look at the row before you ask again.";

    /// <summary>Whether it refuses this key or this change, which holds until somebody changes something. Everything else that is no success says nothing of rights.</summary>
    public bool IsRefusal => Verdict is ApiVerdict.NoGrant or ApiVerdict.RefusedByPolicy or ApiVerdict.DatabaseError or ApiVerdict.VectorRefused or ApiVerdict.UnknownColumn or ApiVerdict.UnknownTable
        or ApiVerdict.SchemaNotExposed or ApiVerdict.KeyRefused or ApiVerdict.ReadOnly or ApiVerdict.Full;

    /// <summary>What this answer to this request means.</summary>
    public static ApiMeaning Of(ApiRequest request, ApiAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        var said = answer.Message.Length == 0 ? "" : $": {answer.Message.TrimEnd('.')}";
        var code = answer.Code.Length == 0 ? $"HTTP {answer.Status}" : answer.Code;
        var notDone = request.Writes ? "Nothing was written." : "Nothing was read.";
        var unsure = request.Writes ? NotKnown : $"{notDone} {Later}";
        return answer.Code switch
        {
            _ when answer.Status == 0 => new(ApiVerdict.Away, ErrorCodes.ApiUnreachable, $"{answer.Silence}. {(answer.MayHaveArrived ? unsure : $"{notDone} Check that it is up, and Supabase:Url.")}"),
            // Before 9 the error for no row had no code.
            _ when answer is { Status: 406, RowsNamed: 0 } => Nothing(),
            // PostgREST rolls back; not every server does.
            _ when answer is { Status: 406, RowsNamed: { } rows } => new(ApiVerdict.TooMany, ErrorCodes.TooManyRows,
                $"The request was for one row and matched {rows}. Whether it was rolled back, the answer does not say. Look at the rows over the database connection, and name one by its key."),
            "PGRST124" => Is(ApiVerdict.TooMany, ErrorCodes.TooManyRows, $"The request matched {answer.RowsNamed} rows, more than it was to change, and was rolled back", "Name one row by its key."),
            "42501" when answer.Message.Contains("row-level security", StringComparison.Ordinal) => Is(ApiVerdict.RefusedByPolicy, ErrorCodes.RowSecurity,
                $"Row-level security refuses the row ({said[2..]})", "Use the service key, or change the policy so that it lets the row through."),
            "42501" => Is(ApiVerdict.NoGrant, ErrorCodes.Grant, $"The key's role lacks a grant{said}", "Where it should write, grant it select on the key and the vector, and update on the vector."),
            "42P17" => Is(ApiVerdict.RefusedByPolicy, ErrorCodes.RowSecurity, "A policy of the table asks the table itself, without end", "Change the policy."),
            "22000" => Is(ApiVerdict.VectorRefused, ErrorCodes.WrongDimensions, "The vector does not fit the column: it has another number of dimensions, or numbers that are not finite (22000)", "Choose a model that fits the column."),
            "PGRST204" or "42703" => Is(ApiVerdict.UnknownColumn, ErrorCodes.ApiSchema, $"The API knows no such column{said}", ReloadSchema),
            "PGRST205" or "42P01" => Is(ApiVerdict.UnknownTable, ErrorCodes.ApiSchema, $"The API knows no such table{said}", ReloadSchema),
            "PGRST106" or "3F000" => Is(ApiVerdict.SchemaNotExposed, ErrorCodes.ApiSchema, $"The API does not offer the schema {request.Schema}", "Add it to the exposed schemas (in Supabase: Project Settings → Data API)."),
            "PGRST300" => Is(ApiVerdict.ServerWithoutSecret, ErrorCodes.ApiWithoutSecret, "The API's server has no secret to check keys with (PGRST300)", "Set its JWT secret, and start it again."),
            "PGRST301" or "PGRST302" or "PGRST303" => KeyRefused(),
            "22023" when answer.Status == 401 => KeyRefused(),
            "PGRST000" or "PGRST001" or "PGRST002" or "57P01" or "57P02" or "57P03" => DatabaseAway(),
            _ when answer.Code is ['0', '8', _, _, _] => DatabaseAway(),
            "PGRST003" => Is(ApiVerdict.Busy, ErrorCodes.ApiBusy, "All connections of the API to its database are taken (PGRST003)", Later),
            "53300" => Is(ApiVerdict.Busy, ErrorCodes.ApiBusy, "The database takes no more connections (53300)", Later),
            "53100" => Is(ApiVerdict.Full, ErrorCodes.DatabaseFull, "The database's disk is full", "Make room, or enlarge the disk, then try again."),
            "25006" => Is(ApiVerdict.ReadOnly, ErrorCodes.DatabaseReadOnly, "The database is read-only: a standby, or a project whose disk is full", "Make room and lift the restriction, or set the address of the primary."),
            "57014" => TimedOut(),
            "SUP" when answer.Message.Contains("statement timeout", StringComparison.Ordinal) => TimedOut(),
            "55P03" or "40001" or "40P01" or ['5', '3', _, _, _] => Is(ApiVerdict.Busy, ErrorCodes.ApiBusy, $"Others hold the row, or the database is busy ({code})", Later),
            "SUP" => Is(ApiVerdict.Failed, ErrorCodes.DatabaseFault, "The API failed inside and does not say why (SUP)", "Look at its log."),
            _ when answer.Code.StartsWith("exceeded_", StringComparison.Ordinal) || answer.Code == "overdue_payment" || answer.Status == 402 => Is(ApiVerdict.ProjectHeld, ErrorCodes.ApiProjectHeld,
                $"Supabase has restricted the project ({code}): a quota is used up, or a bill is open", "Settle it in Supabase → Organization → Billing."),
            _ when answer.Code.StartsWith("PGRST", StringComparison.Ordinal) => Is(ApiVerdict.RequestRefused, ErrorCodes.ApiRequestRefused,
                $"The API does not take this request ({code}{said})", "An old PostgREST may not know what was asked for: bring it up to date."),
            { Length: 5 } => Is(ApiVerdict.DatabaseError, ErrorCodes.DatabaseFault, $"The database answers with an error ({code})", "Look the code up in Postgres' manual, and at the table's constraints and triggers."),
            _ => OfStatus(),
        };

        ApiMeaning Is(ApiVerdict verdict, string fault, string happened, string toDo) => new(verdict, fault, $"{happened}. {notDone} {toDo}");

        ApiMeaning KeyRefused() => Is(ApiVerdict.KeyRefused, ErrorCodes.ApiKeyRefused,
            $"The API refuses the key ({code}{said}; it was sent as {SupabaseApi.UserAgent}, and secret keys are refused to browsers)", "Copy the key again from Supabase → Project Settings → API Keys, of this project.");

        ApiMeaning TimedOut() => Is(ApiVerdict.TimedOut, ErrorCodes.ApiBusy, "The statement took longer than the API's role may take, and was rolled back", "Try again when the database is less busy, or give the role a longer statement_timeout.");

        ApiMeaning DatabaseAway() => Is(ApiVerdict.DatabaseAway, ErrorCodes.DatabaseUnreachable, $"The API has no connection to its database ({code})",
            answer.RetryAfter is { Ticks: > 0 } wait ? $"It asks to wait {Math.Ceiling(wait.TotalSeconds)} s." : Later);

        ApiMeaning Nothing() => request.Writes
            ? new(ApiVerdict.Nothing, ErrorCodes.RowSecurity, "No row was changed: row-level security filters what this key may change, or the row is not there, or not as it was. Nothing was written. Look at the row over the database connection to tell which.", 0)
            : new(ApiVerdict.Nothing, ErrorCodes.RowSecurity, "No row came, and no error: row-level security hides the rows from this key, or there are none. That is not proof of an empty table. Count the rows over the database connection to tell which.", 0);

        ApiMeaning OfStatus() => answer.Status switch
        {
            >= 200 and < 300 => OfSuccess(),
            >= 300 and < 400 => Is(ApiVerdict.Redirected, ErrorCodes.NotTheApi, $"The address points to {answer.RedirectedTo}, which was not followed: the key would have gone along", "Set Supabase:Url to where the API is."),
            401 when answer.Message.Contains("No API key", StringComparison.OrdinalIgnoreCase) => Is(ApiVerdict.KeyMissing, ErrorCodes.ApiKeyMissing,
                "The API found no key in the request. One was sent, in the header apikey, so that something between takes it away", "Have the proxy pass the header on."),
            401 => KeyRefused(),
            403 when answer.Json is not null => KeyRefused(),
            // So did PostgREST 6 to 10.0.
            404 when request.Writes && (answer.Empty || answer.InBody == 0) => Nothing(),
            429 => Is(ApiVerdict.Busy, ErrorCodes.ApiBusy, $"The API asks to slow down (HTTP 429{said})", Later),
            540 => Is(ApiVerdict.ProjectHeld, ErrorCodes.ApiProjectHeld, "The project is paused (HTTP 540)", "Restore it in Supabase's dashboard."),
            502 or 503 or 520 or 521 or 523 => Is(ApiVerdict.Away, ErrorCodes.ApiUnreachable, $"The project's API is not up (HTTP {answer.Status}{said})", Later),
            408 or 504 or 522 or 524 or 544 => new(ApiVerdict.Away, ErrorCodes.ApiUnreachable, $"The project's API did not answer in time (HTTP {answer.Status}{said}). {unsure}"),
            >= 500 => new(ApiVerdict.Failed, ErrorCodes.ApiUnreachable, $"The API failed with HTTP {answer.Status}{said}, which says nothing of rights. {unsure}"),
            _ => NotTheApi(),
        };

        ApiMeaning NotTheApi() => Is(ApiVerdict.NotTheApi, ErrorCodes.NotTheApi, $"The address does not answer as Supabase's API does (HTTP {answer.Status}{said})", "Check Supabase:Url.");

        ApiMeaning OfSuccess()
        {
            if (answer is { Empty: false, Json: null } || (request.Method == HttpMethod.Get && answer.InBody is null))
                return NotTheApi();
            if (answer.Ignored(request) is [_, ..] ignored && answer.Changed is not 0)
                return new(ApiVerdict.PreferenceIgnored, ErrorCodes.PreferenceIgnored,
                    $"The API did not follow {string.Join(", ", ignored)}: something between takes the header Prefer away, so that its success proves nothing. Have the proxy pass the header on.");
            var rows = request.Writes ? answer.Changed : answer.InBody ?? answer.InRange;
            return request.Method == HttpMethod.Post || rows is null
                ? new(ApiVerdict.Untold, null, "The API answers with success, and what it counts are not the rows that were changed. Look at the rows over the database connection.")
                : rows == 0 ? Nothing()
                : request.Writes ? new(ApiVerdict.Changed, null, $"{(rows == 1 ? "One row was" : $"{rows} rows were")} changed, says the API. Whether the value is there, only reading it again tells.", rows)
                : new(ApiVerdict.Read, null, answer.Total is { } total ? $"{rows} of {total} rows came." : $"{rows} {(rows == 1 ? "row" : "rows")} came. Whether these are all, the answer does not say.", rows);
        }
    }
}
