using EmbeddingAdmin.Local;
using EmbeddingAdmin.Providers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Web;

/// <summary>What the shell is told when something ended the program.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">What happened, what was not done, what to do.</param>
/// <param name="ExitCode">One of <see cref="ExitCodes"/>.</param>
internal sealed record Failure(string Code, string Message, int ExitCode)
{
    public static Failure Of(Exception exception) => exception switch
    {
        EmbeddingAdminException known => new(known.Code, known.Message, ExitCodeOf(known.Code)),
        ProviderFault fault => new(fault.Code, WithoutCode(fault.Code, fault.Message), ExitCodeOf(fault.Code)),
        SettingsRefusedException { Problems: [var only] } => new(only.Code, only.Sentence, ExitCodes.Usage),
        SettingsRefusedException { Problems: var all } => new(all[0].Code, string.Join('\n', all.Select((problem, n) => n == 0 ? problem.Sentence : $"{problem.Code}: {problem.Sentence}")), ExitCodes.Usage),
        OptionsValidationException invalid => new(ErrorCodes.OutOfRange, invalid.Message, ExitCodes.Usage),
        LocalStackException stack => new(ErrorCodes.LocalStack, stack.Message, ExitCodes.Usage),
        IOException { InnerException: AddressInUseException } => new(ErrorCodes.AddressTaken, "The address that the settings name is taken by another program. The dashboard was not started. Name another with --urls, or leave it out.", ExitCodes.Usage),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } =>
            new(ErrorCodes.DatabaseCredentials, "The database refused the user or the password of ConnectionStrings:Postgres. Nothing was done.", ExitCodes.Database),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => new(ErrorCodes.Grant, $"The database role lacks a right: {refused.MessageText}. Nothing was done.", ExitCodes.Database),
        PostgresException sql => new(ErrorCodes.DatabaseFault, $"The database answered {sql.SqlState}: {sql.MessageText}.", ExitCodes.Database),
        NpgsqlException silent => new(ErrorCodes.DatabaseUnreachable, $"The database does not answer ({silent.Message}). Check that it is running and that ConnectionStrings:Postgres is right.", ExitCodes.Database),
        OperationCanceledException => new(ErrorCodes.Interrupted, "Interrupted. Nothing was started.", ExitCodes.Interrupted),
        // A message may quote a row or a secret; where it happened cannot.
        _ => new(ErrorCodes.Unexpected, $"Something unexpected happened ({exception.GetType().Name}).\n{exception.StackTrace}", ExitCodes.Internal),
    };

    /// <summary>The exit code that belongs to a code: of a refusal, or of the reason for which a run stands still.</summary>
    public static int ExitCodeOf(string code) => code switch
    {
        ErrorCodes.ColumnHeld => ExitCodes.NotFinished,
        ErrorCodes.RunTooManyFailures or ErrorCodes.RunUnbalanced => ExitCodes.NotVerified,
        ErrorCodes.RunBlocked => ExitCodes.Database,
        ErrorCodes.RunFault or ErrorCodes.Unexpected => ExitCodes.Internal,
        _ when Is("EA-DB-", code) || Is("EA-RLS-", code) || Is("EA-SCH-", code) => ExitCodes.Database,
        _ when Is("EA-PRV-", code) => ExitCodes.Provider,
        _ => ExitCodes.Usage,
    };

    private static bool Is(string family, string code) => code.StartsWith(family, StringComparison.Ordinal);

    private static string WithoutCode(string code, string message) => message.StartsWith($"{code}: ", StringComparison.Ordinal) ? message[(code.Length + 2)..] : message;
}
