using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using Npgsql;

namespace EmbeddingAdmin;

/// <summary>Says in words what a database, or the way to it, answers with: the same on a page and in a terminal.</summary>
public static partial class DatabaseFaults
{
    private const string CheckIt = "Check that it is running and that ConnectionStrings:Postgres is right, then try again.";

    // Npgsql has no names for them: the server ended the session because it did nothing for long.
    private const string IdleInTransaction = "25P03";
    private const string IdleSession = "57P05";

    private const string TakeThePooler = "Take the connection string of Supabase → Connect → Session pooler: it can be reached over IPv4.";

    /// <summary>The fault with its code and its sentences; null when it is none of the database's.</summary>
    /// <param name="exception">What was thrown, by Npgsql or below it.</param>
    /// <param name="connection">How the database was reached, when that is known; its password is not used.</param>
    public static EmbeddingAdminException? Explain(Exception exception, DatabaseConnection? connection = null) => exception switch
    {
        _ when Find<PasswordHeldException>(exception) is { } held => OfAnswer(held.Refusal, connection),
        PostgresException answer => OfAnswer(answer, connection),
        NpgsqlException silent => OfSilence(silent, Find<SocketException>(silent), connection),
        SocketException socket => OfSilence(socket, socket, connection),
        _ => null,
    };

    /// <summary>
    /// Whether the database refused for a reason that holds until somebody changes something. It must not be asked again by itself: after some
    /// ten refusals Supabase locks the address out, and every further try prolongs that.
    /// </summary>
    public static bool IsRefusal(Exception exception) => RefusalIn(exception) is not null;

    /// <summary>The refusal in it, however it was wrapped by whoever asked; null when it is none.</summary>
    internal static PostgresException? RefusalIn(Exception exception) => Find<PostgresException>(exception) is { } answer
        && (answer.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName
            || TenantUnknown().IsMatch(answer.MessageText) || LockedOut().IsMatch(answer.MessageText) || OfPgBouncer(answer) is not null) ? answer : null;

    /// <summary>PgBouncer refuses in words of its own, and all of it under the code of a protocol that was broken: the code that Postgres would have answered with, or null.</summary>
    private static string? OfPgBouncer(PostgresException answer) => answer.SqlState != PostgresErrorCodes.ProtocolViolation ? null
        : WrongPassword().IsMatch(answer.MessageText) ? PostgresErrorCodes.InvalidPassword
        : answer.MessageText.StartsWith("no such database", StringComparison.Ordinal) ? PostgresErrorCodes.InvalidCatalogName
        : null;

    /// <summary>
    /// Whether the connection was lost, or could not be had for now. What was asked may have been done or not; it may be asked again by itself.
    /// </summary>
    public static bool IsLost(Exception exception) => exception switch
    {
        _ when IsRefusal(exception) => false,
        PostgresException answer => answer.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow
                or PostgresErrorCodes.TooManyConnections or IdleInTransaction or IdleSession
            || answer.SqlState.StartsWith("08", StringComparison.Ordinal) || PoolFull().IsMatch(answer.MessageText),
        NpgsqlException or SocketException or IOException => true,
        _ => false,
    };

    /// <summary>Whether the database was busy with others: locks, deadlocks, time-outs, memory. The same may work in a moment.</summary>
    public static bool IsBusy(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.QueryCanceled
            or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.ConfigurationLimitExceeded or PostgresErrorCodes.ObjectInUse
    };

    /// <summary>
    /// Whether the database takes no writes until somebody acts: it is read-only, full, or refuses the credentials. It is not asked again by itself,
    /// although Npgsql calls some of these transient.
    /// </summary>
    public static bool IsForSomebody(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.DiskFull } || IsRefusal(exception);

    private static EmbeddingAdminException OfAnswer(PostgresException answer, DatabaseConnection? connection) => (OfPgBouncer(answer) ?? answer.SqlState) switch
    {
        _ when TenantUnknown().IsMatch(answer.MessageText) => new(ErrorCodes.DatabaseTenant,
            $"The pooler knows no such project or user (\"Tenant or user not found\"). Nothing was done, and it is not tried again by itself. {WrongUser(connection)}", answer),
        _ when LockedOut().IsMatch(answer.MessageText) => new(ErrorCodes.DatabaseCredentials,
            "The pooler has locked this address out after too many wrong passwords. Nothing was done, and it is not tried again by itself. Correct the password of ConnectionStrings:Postgres, and wait two minutes.", answer),
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => new(ErrorCodes.DatabaseCredentials,
            $"The database refused the user{Named(connection?.Username)} or its password. Nothing was done, and it is not tried again by itself. "
            + "Correct ConnectionStrings:Postgres; in Supabase the database password is reset under Project Settings → Database.", answer),
        PostgresErrorCodes.InvalidCatalogName => new(ErrorCodes.DatabaseMissing,
            $"The server has no such database{Named(connection?.Database)}. Nothing was done. Correct the database in ConnectionStrings:Postgres (on Supabase it is postgres), or make it.", answer),
        // Our own records are kept on a read-only database, too; a standby refuses that, in the function that checks a setting.
        PostgresErrorCodes.FeatureNotSupported when answer.Routine == "call_bool_check_hook" => new(ErrorCodes.DatabaseStandby,
            "The server is a standby, which takes no writes. Nothing was written. Connect to the primary, then try again.", answer),
        PostgresErrorCodes.ReadOnlySqlTransaction => new(ErrorCodes.DatabaseReadOnly,
            "The database is read-only: a standby, or a project whose disk is full. Nothing was written. Connect to the primary, or make room and lift the restriction.", answer),
        PostgresErrorCodes.DiskFull => new(ErrorCodes.DatabaseFull, "The database's disk is full. Nothing was written. Make room, or enlarge the disk, then try again.", answer),
        PostgresErrorCodes.InsufficientPrivilege => new(ErrorCodes.Grant, $"The database role lacks a right: {answer.MessageText}. Nothing was done. Grant it, or connect with a role that has it.", answer),
        PostgresErrorCodes.TooManyConnections => Crowded(answer),
        _ when PoolFull().IsMatch(answer.MessageText) => Crowded(answer),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow => new(ErrorCodes.DatabaseUnreachable,
            $"The database does not answer{At(connection)}: it is starting or stopping. Nothing was read or changed. Try again in a moment.", answer),
        _ => new(ErrorCodes.DatabaseFault, $"The database answered with an error ({answer.SqlState}{Words(answer)}). What was asked of it was not done. If it happens again, look the code up in Postgres' manual.", answer),
    };

    private static EmbeddingAdminException OfSilence(Exception silent, SocketException? socket, DatabaseConnection? connection)
    {
        if (connection is { IsConfigured: false })
            return new(ErrorCodes.HalfConfigured, "No database is configured. Nothing was done. Set ConnectionStrings:Postgres (in Supabase: Connect → Session pooler).", silent);
        if (Find<AuthenticationException>(silent) is not null || silent.Message.Contains("SSL", StringComparison.Ordinal))
            return new(ErrorCodes.DatabaseTls, Tls(silent, connection), silent);
        return socket?.SocketErrorCode switch
        {
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain when connection is null || DirectHost().IsMatch(connection.Host) => new(ErrorCodes.DatabaseHost,
                $"The database's host name{Named(connection?.Host)} is not known here. Nothing was read or changed. A direct host of Supabase (db.<ref>.supabase.co) has an IPv6 address only, and none while the project is paused. {TakeThePooler}", silent),
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => new(ErrorCodes.DatabaseUnreachable,
                $"The database does not answer: the host name{Named(connection.Host)} is not known. Nothing was read or changed. Correct the host in ConnectionStrings:Postgres.", silent),
            SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressNotAvailable when silent.Message.Contains(" to [", StringComparison.Ordinal) => new(ErrorCodes.DatabaseHost,
                $"The database's host{Named(connection?.Host)} has an IPv6 address only, and this machine has no way there. Nothing was read or changed. {TakeThePooler}", silent),
            { } error => new(ErrorCodes.DatabaseUnreachable, $"The database does not answer{At(connection)} ({InWords(error)}). Nothing was read or changed. {CheckIt}", silent),
            null when silent is NpgsqlException { IsTransient: false } && Find<IOException>(silent) is null && Find<TimeoutException>(silent) is null => new(ErrorCodes.DatabaseFault,
                "The database, or the way to it, answered in a way that was not understood. What was asked of it was not done. If it happens again, look at the log.", silent),
            null => new(ErrorCodes.DatabaseUnreachable, $"The database does not answer{At(connection)}{(Find<TimeoutException>(silent) is null ? "" : " in time")}. Nothing was read or changed. {CheckIt}", silent),
        };
    }

    private static string Tls(Exception silent, DatabaseConnection? connection) => silent.Message.Contains("No SSL enabled", StringComparison.Ordinal)
        ? $"The database{At(connection)} offers no encryption, which is required to another machine. Nothing was sent. Switch SSL on at the server, or reach it through a tunnel on this machine."
        : $"The encrypted connection to the database{At(connection)} could not be made or trusted. Nothing was sent. Check the host name, and set Database:RootCertificate to the server's certificate (in Supabase: Project Settings → Database → SSL).";

    private static EmbeddingAdminException Crowded(PostgresException answer) => new(ErrorCodes.DatabaseUnreachable,
        "The database does not answer: all its connections are taken. Nothing was read or changed. Close other programs' connections, or lower Maximum Pool Size in ConnectionStrings:Postgres, then try again.", answer);

    private static string WrongUser(DatabaseConnection? connection) => connection is { Username: "postgres" }
        ? "The user is postgres; on Supabase's pooler it is postgres.<ref>, with the project's reference. Copy the string of Connect → Session pooler."
        : "The user must be postgres.<ref> with the project's reference, and host and region those of the project; a paused project is not found either. Copy the string of Connect → Session pooler.";

    /// <summary>Words that speak of names and states; those of other classes may quote a value, and so a row.</summary>
    internal static string Words(PostgresException answer) =>
        answer.SqlState[..2] is "08" or "0A" or "25" or "28" or "3D" or "3F" or "40" or "42" or "53" or "55" or "57" or "58" ? $": {answer.MessageText}" : "";

    private static string InWords(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "the connection is refused: nobody listens there",
        SocketError.TimedOut => "no answer in time",
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => "there is no way to the host",
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "the connection was cut",
        _ => error.ToString(),
    };

    private static string At(DatabaseConnection? connection) => connection is { IsConfigured: true } ? $" at {connection.Host}:{connection.Port}" : "";

    private static string Named(string? name) => string.IsNullOrEmpty(name) ? "" : $" {name}";

    private static T? Find<T>(Exception exception)
        where T : Exception => exception as T ?? (exception.InnerException is { } inner ? Find<T>(inner) : null);

    [GeneratedRegex("tenant.*not found", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex TenantUnknown();

    [GeneratedRegex("circuit.?breaker|too many authentication", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex LockedOut();

    [GeneratedRegex("^(?:(?:SASL|password) authentication failed|no such user)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex WrongPassword();

    [GeneratedRegex("max ?clients|no more connections allowed", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex PoolFull();

    [GeneratedRegex(@"^db\.[a-z0-9]+\.supabase\.(?:co|in|red)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex DirectHost();
}
