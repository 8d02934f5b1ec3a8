namespace EmbeddingAdmin;

/// <summary>The stable codes that stand in front of every message an operator may have to look up.</summary>
public static class ErrorCodes
{
    /// <summary>No Supabase service key is set.</summary>
    public const string NoServiceKey = "EA-CFG-01";

    /// <summary>A URL carries a secret in its user part or query.</summary>
    public const string SecretInUrl = "EA-CFG-02";

    /// <summary>A URL has no scheme, or is plain http to a host that is not this machine.</summary>
    public const string InsecureUrl = "EA-CFG-03";

    /// <summary>The address of the Supabase dashboard, or of the database, stands where the project's API address belongs.</summary>
    public const string NotTheApiUrl = "EA-CFG-04";

    /// <summary>The connection string still has a placeholder where the password belongs.</summary>
    public const string PasswordPlaceholder = "EA-CFG-05";

    /// <summary>The connection string cannot be read.</summary>
    public const string ConnectionString = "EA-CFG-06";

    /// <summary>The root certificate is missing or cannot be read.</summary>
    public const string RootCertificate = "EA-CFG-07";

    /// <summary>A part of the connection is configured and the part that it needs is not.</summary>
    public const string HalfConfigured = "EA-CFG-11";

    /// <summary>A number in the settings is outside its range, or is none; or a word is none of those that the setting takes.</summary>
    public const string OutOfRange = "EA-CFG-08";

    /// <summary>A price in the settings is none, has no date, or is there twice.</summary>
    public const string Price = "EA-CFG-09";

    /// <summary>No setting has this name.</summary>
    public const string UnknownSetting = "EA-CFG-10";

    /// <summary>The settings name a provider that does not exist, or leave out what it needs.</summary>
    public const string ProviderSettings = "EA-CFG-13";

    /// <summary>A file of settings cannot be read.</summary>
    public const string SettingsFile = "EA-CFG-15";

    /// <summary>Quotes, white space or a byte order mark around a value were taken away.</summary>
    public const string ValueTrimmed = "EA-CFG-16";

    /// <summary>A setting was changed that counts only from the next start on.</summary>
    public const string NextStart = "EA-CFG-17";

    /// <summary>The publishable (anonymous) key stands where the secret key belongs.</summary>
    public const string PublishableKey = "EA-KEY-01";

    /// <summary>A signed-in user's token stands where a project's key belongs.</summary>
    public const string UserToken = "EA-KEY-02";

    /// <summary>The key has expired.</summary>
    public const string KeyExpired = "EA-KEY-03";

    /// <summary>The key belongs to another project, or to none.</summary>
    public const string ForeignKey = "EA-KEY-04";

    /// <summary>A personal access token of an account stands where a project's key belongs.</summary>
    public const string AccountToken = "EA-KEY-05";

    /// <summary>An OpenAI key stands where a Supabase key belongs.</summary>
    public const string OpenAiKeyMisplaced = "EA-KEY-06";

    /// <summary>A Supabase key stands where the provider's key belongs.</summary>
    public const string SupabaseKeyMisplaced = "EA-KEY-07";

    /// <summary>A key has characters that no key has (white space inside, non-ASCII).</summary>
    public const string MalformedKey = "EA-KEY-08";

    /// <summary>A secret key stands where the publishable (anonymous) key belongs.</summary>
    public const string SecretKeyMisplaced = "EA-KEY-09";

    /// <summary>The key is of the legacy kind, which Supabase is retiring.</summary>
    public const string LegacyKey = "EA-KEY-10";

    /// <summary>The key has an unusual form or length.</summary>
    public const string UnusualKey = "EA-KEY-11";

    /// <summary>The key is a default of local stacks, which everybody knows.</summary>
    public const string DefaultKey = "EA-KEY-12";

    /// <summary>The key expires within two weeks.</summary>
    public const string KeyExpiresSoon = "EA-KEY-13";

    /// <summary>The settings name no key any more where one is in force.</summary>
    public const string KeyGone = "EA-KEY-14";

    /// <summary>The provider refused the key (401).</summary>
    public const string KeyRefused = "EA-PRV-01";

    /// <summary>The provider refused the project, organisation or region (403).</summary>
    public const string AccessForbidden = "EA-PRV-02";

    /// <summary>The provider does not know the model, or the address (404).</summary>
    public const string ModelNotFound = "EA-PRV-03";

    /// <summary>The model does not take the asked number of dimensions.</summary>
    public const string DimensionsNotSupported = "EA-PRV-04";

    /// <summary>The account has no money or quota left.</summary>
    public const string QuotaExhausted = "EA-PRV-05";

    /// <summary>The request was too large for the provider (413, too many tokens in one request).</summary>
    public const string RequestTooLarge = "EA-PRV-06";

    /// <summary>The provider answered 200 with an error inside.</summary>
    public const string ErrorInAnswer = "EA-PRV-07";

    /// <summary>The answer holds fewer or more vectors than texts were sent, or an empty place.</summary>
    public const string WrongCount = "EA-PRV-08";

    /// <summary>The indices of the answer do not name every text exactly once.</summary>
    public const string WrongIndices = "EA-PRV-09";

    /// <summary>A vector has another number of dimensions than the column.</summary>
    public const string WrongDimensions = "EA-PRV-10";

    /// <summary>A vector holds NaN or an infinity.</summary>
    public const string NotFinite = "EA-PRV-11";

    /// <summary>A vector is zero, so that it has no direction.</summary>
    public const string ZeroVector = "EA-PRV-12";

    /// <summary>A vector's length is not 1 although the model promises unit length.</summary>
    public const string NotUnitLength = "EA-PRV-13";

    /// <summary>The answer is larger than any answer to the request can be.</summary>
    public const string AnswerTooLarge = "EA-PRV-14";

    /// <summary>The encrypted connection could not be trusted.</summary>
    public const string UntrustedConnection = "EA-PRV-15";

    /// <summary>The provider did not answer in time.</summary>
    public const string ProviderTimeout = "EA-PRV-16";

    /// <summary>The provider could not be reached, or the connection broke.</summary>
    public const string ProviderUnreachable = "EA-PRV-17";

    /// <summary>The provider asked to slow down (429).</summary>
    public const string RateLimited = "EA-PRV-18";

    /// <summary>The provider failed inside (5xx).</summary>
    public const string ProviderFailed = "EA-PRV-19";

    /// <summary>A text is longer than the model takes.</summary>
    public const string TextTooLong = "EA-PRV-20";

    /// <summary>A text, or the request around it, was refused as invalid.</summary>
    public const string TextRefused = "EA-PRV-21";

    /// <summary>The answer could not be read as an answer to an embeddings request.</summary>
    public const string UnreadableAnswer = "EA-PRV-22";

    /// <summary>The provider answered with a redirect, which is not followed.</summary>
    public const string Redirected = "EA-PRV-23";

    /// <summary>The address does not offer embeddings in this way (405, 501).</summary>
    public const string NotSupported = "EA-PRV-24";

    /// <summary>Two texts that differ got the same vector.</summary>
    public const string SameVectors = "EA-PRV-25";

    /// <summary>The provider answered with another model than before the run.</summary>
    public const string ModelChanged = "EA-PRV-26";

    /// <summary>So many requests had to be sent again that repeating costs more than it brings.</summary>
    public const string RetriesSpent = "EA-PRV-27";

    /// <summary>The tokens that were charged say that the server cut the text before it made a vector of it.</summary>
    public const string TextCut = "EA-PRV-28";

    /// <summary>The provider was tried a moment ago, and is not tried again so soon.</summary>
    public const string ProbedTooOften = "EA-PRV-29";

    /// <summary>The provider answered nothing for so long that nobody knows whether it will.</summary>
    public const string ProviderGone = "EA-PRV-30";

    /// <summary>The database cannot be reached.</summary>
    public const string DatabaseUnreachable = "EA-DB-01";
    /// <summary>The pooler knows no such project or user.</summary>
    public const string DatabaseTenant = "EA-DB-02";
    /// <summary>The database refused the password; it is tried once only.</summary>
    public const string DatabaseCredentials = "EA-DB-03";
    /// <summary>The database's host can only be reached over IPv6, or is not known.</summary>
    public const string DatabaseHost = "EA-DB-04";
    /// <summary>The server has no such database.</summary>
    public const string DatabaseMissing = "EA-DB-05";
    /// <summary>The database is read-only.</summary>
    public const string DatabaseReadOnly = "EA-DB-06";
    /// <summary>The database's disk is full.</summary>
    public const string DatabaseFull = "EA-DB-07";
    /// <summary>The database answered with an error that has no sentence of its own.</summary>
    public const string DatabaseFault = "EA-DB-08";
    /// <summary>The schema <c>embedding_admin</c> was made by a newer program.</summary>
    public const string SchemaNewer = "EA-DB-09";
    /// <summary>The connection goes through a pooler in transaction mode.</summary>
    public const string TransactionPooler = "EA-DB-10";
    /// <summary>The schema <c>embedding_admin</c> is not there, and nobody has confirmed that it may be made.</summary>
    public const string SchemaNotConfirmed = "EA-DB-11";
    /// <summary>The connection is encrypted, and nobody checks with whom.</summary>
    public const string ServerUnverified = "EA-DB-12";
    /// <summary>The encrypted connection could not be made or trusted.</summary>
    public const string DatabaseTls = "EA-DB-13";
    /// <summary>The connection string asks for no encryption to another machine, which is not followed.</summary>
    public const string EncryptionForced = "EA-DB-14";
    /// <summary>The server is a standby, which takes no writes.</summary>
    public const string DatabaseStandby = "EA-DB-15";
    /// <summary>The server is older than the oldest that is supported.</summary>
    public const string ServerTooOld = "EA-DB-16";

    /// <summary>A configured table is not there.</summary>
    public const string TableMissing = "EA-SCH-01";
    /// <summary>The vector column is missing or cannot hold a vector.</summary>
    public const string VectorColumn = "EA-SCH-02";
    /// <summary>The extension <c>vector</c> is not there.</summary>
    public const string VectorExtension = "EA-SCH-03";
    /// <summary>The vector column has no size.</summary>
    public const string VectorWithoutSize = "EA-SCH-04";
    /// <summary>The model does not make vectors of the column's dimensions.</summary>
    public const string DimensionsDiffer = "EA-SCH-05";
    /// <summary>The relation is a view, a foreign table or a partition parent.</summary>
    public const string TableKind = "EA-SCH-06";
    /// <summary>The table has no key of one column of a type that can be used.</summary>
    public const string TableKey = "EA-SCH-07";
    /// <summary>The text recipe names a column that gives no text.</summary>
    public const string RecipeColumn = "EA-SCH-08";

    /// <summary>The text recipe is a proposal that nobody has confirmed.</summary>
    public const string RecipeUnconfirmed = "EA-SCH-09";
    /// <summary>The table's filter cannot be read or names a column that is not there.</summary>
    public const string TableFilter = "EA-SCH-10";
    /// <summary>A setting names a column that the table does not have.</summary>
    public const string TableColumn = "EA-SCH-11";
    /// <summary>An entry of the section <c>Tables</c> is wrong in form.</summary>
    public const string TableSettings = "EA-CFG-14";

    /// <summary>Row-level security filters this role's updates.</summary>
    public const string RowSecurity = "EA-RLS-01";
    /// <summary>The role lacks a grant.</summary>
    public const string Grant = "EA-RLS-02";
    /// <summary>A trigger, a rule or something else took or changed the value.</summary>
    public const string WriteSwallowed = "EA-RLS-03";

    /// <summary>The project's API does not answer, or what stands before it says so.</summary>
    public const string ApiUnreachable = "EA-API-01";
    /// <summary>The API refused the key.</summary>
    public const string ApiKeyRefused = "EA-API-02";
    /// <summary>The key did not arrive at the API.</summary>
    public const string ApiKeyMissing = "EA-API-03";
    /// <summary>The API's server has no secret to check keys with.</summary>
    public const string ApiWithoutSecret = "EA-API-04";
    /// <summary>The API does not know, or does not offer, a schema, a table or a column.</summary>
    public const string ApiSchema = "EA-API-05";
    /// <summary>A statement of the API took too long, or others are in its way.</summary>
    public const string ApiBusy = "EA-API-06";
    /// <summary>The API does not take requests of this kind.</summary>
    public const string ApiRequestRefused = "EA-API-07";
    /// <summary>Supabase has paused or restricted the project.</summary>
    public const string ApiProjectHeld = "EA-API-08";
    /// <summary>What answers at the API's address is not Supabase's API, or points elsewhere.</summary>
    public const string NotTheApi = "EA-API-09";
    /// <summary>The API did not follow what the header <c>Prefer</c> asked for.</summary>
    public const string PreferenceIgnored = "EA-API-10";
    /// <summary>A request for one row matched several, and was rolled back.</summary>
    public const string TooManyRows = "EA-API-11";

    /// <summary>A command that this status does not allow, or a state that changed meanwhile.</summary>
    public const string RunState = "EA-RUN-01";
    /// <summary>Another writing run holds the column.</summary>
    public const string ColumnHeld = "EA-RUN-02";
    /// <summary>There is no such run.</summary>
    public const string RunMissing = "EA-RUN-03";
    /// <summary>The run met rows that could not be written for a reason that holds for all.</summary>
    public const string RunBlocked = "EA-RUN-04";
    /// <summary>More than half of at least 50 rows failed.</summary>
    public const string RunTooManyFailures = "EA-RUN-05";
    /// <summary>The ledger and the stamps do not agree; the run is not called done.</summary>
    public const string RunUnbalanced = "EA-RUN-06";
    /// <summary>Something unexpected happened while a run was working.</summary>
    public const string RunFault = "EA-RUN-07";
    /// <summary>The plan names something that is not so any more: provider, model, dimensions, recipe, or the table's shape.</summary>
    public const string RunDrift = "EA-RUN-08";
    /// <summary>The command needs somebody who is signed in.</summary>
    public const string NotAllowed = "EA-RUN-09";
    /// <summary>The run was interrupted too often without getting anywhere.</summary>
    public const string RunStuck = "EA-RUN-10";
    /// <summary>The database is another than the one that the run worked on.</summary>
    public const string ServerChanged = "EA-RUN-11";
    /// <summary>The database was too slow or too busy for even the smallest read or write.</summary>
    public const string DatabaseTooBusy = "EA-RUN-12";
    /// <summary>An update of the table sets off more than itself, and nobody has agreed to that list.</summary>
    public const string NeighboursNotAccepted = "EA-RUN-13";
    /// <summary>The table that was named is not configured.</summary>
    public const string TableUnknown = "EA-CFG-12";

    /// <summary>A row was named that is not there, cannot be there, or has nothing to embed.</summary>
    public const string RowKey = "EA-ROW-01";
    /// <summary>A row's text was edited between a vector's being shown and its being written.</summary>
    public const string TextEdited = "EA-ROW-02";
    /// <summary>An owner was named that the table's owner column cannot hold.</summary>
    public const string RowOwner = "EA-ROW-03";
    /// <summary>The rows that a start was asked for contradict each other, or are none.</summary>
    public const string RowScope = "EA-ROW-04";

    /// <summary>The command line cannot be understood.</summary>
    public const string Usage = "EA-CLI-01";
    /// <summary>The command was ended by a signal before it had anything to report.</summary>
    public const string Interrupted = "EA-CLI-02";
    /// <summary>The command needs a dashboard that is up.</summary>
    public const string NoDashboard = "EA-CLI-03";

    /// <summary>The local stack cannot be started.</summary>
    public const string LocalStack = "EA-STK-01";

    /// <summary>Something that nobody foresaw; the log has the details under the reference that is shown.</summary>
    public const string Unexpected = "EA-SYS-01";
    /// <summary>The address that the dashboard should listen on is taken.</summary>
    public const string AddressTaken = "EA-SYS-02";

    /// <summary>Plain HTTP on an address that other machines can reach.</summary>
    public const string PlainHttpBeyondLoopback = "EA-SEC-01";
    /// <summary>The configured sign-in token is too short to be a secret.</summary>
    public const string SignInTokenTooShort = "EA-SEC-02";
    /// <summary>Any host name is allowed on an address that other machines can reach.</summary>
    public const string AnyHostAllowed = "EA-SEC-03";
    /// <summary>A file that contains a secret can be read by everybody on this machine.</summary>
    public const string ReadableSecret = "EA-SEC-04";
    /// <summary>The runtime accepts forged cookies (CVE-2026-40372: 10.0.0 to 10.0.6).</summary>
    public const string VulnerableRuntime = "EA-SEC-05";
    /// <summary>The session was signed out or ran out.</summary>
    public const string SessionEnded = "EA-SEC-06";
    /// <summary>A sign-in link was used, has expired or was never given out.</summary>
    public const string SignInLinkRefused = "EA-SEC-07";
    /// <summary>The typed sign-in token is not the configured one.</summary>
    public const string SignInTokenRefused = "EA-SEC-08";
    /// <summary>Too many attempts to sign in.</summary>
    public const string TooManyAttempts = "EA-SEC-09";
    /// <summary>The request came from a page of another origin.</summary>
    public const string ForeignOrigin = "EA-SEC-10";
    /// <summary>The form did not come from a page of this dashboard, or from one that is too old.</summary>
    public const string FormNotOurs = "EA-SEC-11";

    /// <summary>A verification found a row with text, no vector, and no run that claims one.</summary>
    public const string FoundMissing = "EA-VER-01";
    /// <summary>A verification found that the vector which a run wrote is gone, or another one.</summary>
    public const string FoundReverted = "EA-VER-02";
    /// <summary>A verification found a text that was edited since its vector was made.</summary>
    public const string FoundTextChanged = "EA-VER-03";
    /// <summary>A verification found a vector of another provider, model, length or recipe than the settings name.</summary>
    public const string FoundOtherSettings = "EA-VER-04";
    /// <summary>A verification found the same vector in rows whose texts differ.</summary>
    public const string FoundEqualVectors = "EA-VER-05";
    /// <summary>A verification found a vector that no run claims.</summary>
    public const string FoundNeverStamped = "EA-VER-06";
    /// <summary>A verification embedded a text again, and the provider makes another vector of it now.</summary>
    public const string FoundDrift = "EA-VER-07";
}
