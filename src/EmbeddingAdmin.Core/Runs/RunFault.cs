using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Where a run has to go, and why.</summary>
internal sealed record RunEnd(RunStatus To, StatusReason? Reason = null, Verdict? Verdict = null);

/// <summary>
/// Judges what stopped a run. It is interrupted when it will go on by itself, paused when a person must act and resume then goes on, and
/// errored when neither is known to help.
/// </summary>
internal static class RunFault
{
    /// <summary>Why a run whose host was asked to stop is interrupted: the one interruption that nothing is wrong with.</summary>
    public const string HostStopped = "Its host stopped; it goes on by itself.";

    /// <summary>Interruptions in a row without a new page after which a run is not taken up again by itself.</summary>
    public const int MostInterruptions = 5;

    private const string WroteStays = "What was written stays.";

    /// <summary>What a fault makes of the run that it stopped.</summary>
    public static RunEnd Judge(Exception fault, DateTimeOffset now) => fault switch
    {
        ProviderFault { Kind: ProviderFaultKind.Credentials or ProviderFaultKind.Quota } refused =>
            Pause(refused.Code, ProviderFault.Join(refused.Happened, WroteStays, refused.ToDo, "The run holds; resume it when that is settled.")),
        ProviderFault { RetryAfter: { } wait } busy when wait > EmbeddingCall.LongestWait =>
            Pause(busy.Code, ProviderFault.Join(busy.Happened, WroteStays, AskAgain.Sentence(now + wait))),
        ProviderFault provider => Error(provider.Code, ProviderFault.Join(provider.Happened, WroteStays, provider.ToDo, "Retry goes on from there.")),
        ServerChangedException changed => new(RunStatus.Paused, new(ErrorCodes.ServerChanged, changed.Message) { Server = changed.Now.ToString() }),
        EmbeddingAdminException known => IsForSomebody(known.Code) ? Pause(known.Code, known.Message) : Error(known.Code, known.Message),
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => Pause(ErrorCodes.DatabaseReadOnly, ReadOnly),
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } =>
            Pause(ErrorCodes.DatabaseFull, $"The database's disk is full. Nothing more was written; what was written before stays. Make room, or enlarge the disk, then resume: {Tried}."),
        _ when DatabaseFaults.IsRefusal(fault) && DatabaseFaults.Explain(fault) is { } refused => Pause(refused.Code, $"{refused.Message} What was written stays; resume the run then: {Tried}."),
        PostgresException busy when DatabaseFaults.IsBusy(busy) =>
            new(RunStatus.Interrupted, new(ErrorCodes.DatabaseFault, $"The database was too busy ({busy.SqlState}). What was written stays. The run goes on by itself.")),
        _ when DatabaseFaults.IsLost(fault) => new(RunStatus.Interrupted, new(ErrorCodes.DatabaseUnreachable, "The connection to the database was lost. What was written stays. The run goes on by itself when the database answers.")),
        PostgresException sql => Error(ErrorCodes.DatabaseFault, $"The database answered with an error ({sql.SqlState}{DatabaseFaults.Words(sql)}). What was written stays; retry goes on from there."),
        _ => Error(ErrorCodes.RunFault, $"Something unexpected happened ({fault.GetType().Name}); the log has the details. What was written stays; retry goes on from there."),
    };

    /// <summary>The end of a run that was interrupted too often.</summary>
    public static RunEnd Stuck(StatusReason? last) => Error(ErrorCodes.RunStuck,
        $"The run was interrupted {MostInterruptions} times in a row and wrote no page in between. It is not taken up again by itself; what was written stays. Settle the cause and retry. {(last is null ? "" : $"The last one: {last.Sentence}")}".TrimEnd());

    /// <summary>What happens on resume after a pause that the database is to blame for.</summary>
    internal const string Tried = "one update is tried and rolled back before the run goes on";

    internal const string Standby = $"The server is a standby, which takes no writes. Nothing more was written; what was written before stays. Connect to the primary, then resume: {Tried}.";

    internal const string ReadOnly = $"The database is read-only. Nothing more was written; what was written before stays. Make room if its disk is full (Supabase makes such a project read-only) and lift the restriction, then resume: {Tried}.";

    /// <summary>Whether a pause for this reason ends with a test of the database.</summary>
    public static bool IsOfTheDatabase(string? code) =>
        code is ErrorCodes.DatabaseReadOnly or ErrorCodes.DatabaseStandby or ErrorCodes.DatabaseFull or ErrorCodes.DatabaseCredentials or ErrorCodes.DatabaseTenant or ErrorCodes.DatabaseMissing;

    private static bool IsForSomebody(string code) => IsOfTheDatabase(code) || code is ErrorCodes.RunDrift or ErrorCodes.TableUnknown;

    private static RunEnd Pause(string code, string sentence) => new(RunStatus.Paused, new(code, sentence));

    private static RunEnd Error(string code, string sentence) => new(RunStatus.Errored, new(code, sentence));
}
