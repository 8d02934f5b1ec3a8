using EmbeddingAdmin.Local;
using EmbeddingAdmin.Providers;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web;

/// <summary>What the shell is told when something ended the program.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">What happened, what was not done, what to do.</param>
/// <param name="ExitCode">One of <see cref="ExitCodes"/>.</param>
internal sealed record Failure(string Code, string Message, int ExitCode)
{
    /// <summary>The same as the terminal says it: the code in front.</summary>
    public string Text { get; private init; } = $"{Code}: {Message}";

    public static Failure Of(Exception exception) => exception switch
    {
        EmbeddingAdminException known => new(known.Code, known.Message, ExitCodeOf(known.Code)),
        ProviderFault fault => new(fault.Code, WithoutCode(fault.Code, fault.Message), ExitCodeOf(fault.Code)),
        SettingsRefusedException { Problems: [var only] } => new(only.Code, $"{only.Setting}: {only.Sentence}", ExitCodes.Usage) { Text = $"{only}" },
        SettingsRefusedException { Problems: var all } => new(all[0].Code, string.Join('\n', all), ExitCodes.Usage) { Text = string.Join('\n', all) },
        InvalidDataException { InnerException: FormatException } file => new(ErrorCodes.SettingsFile, Unreadable(file), ExitCodes.Usage),
        OptionsValidationException invalid => new(ErrorCodes.OutOfRange, invalid.Message, ExitCodes.Usage),
        LocalStackException stack => new(ErrorCodes.LocalStack, stack.Message, ExitCodes.Usage),
        IOException { InnerException: AddressInUseException } => new(ErrorCodes.AddressTaken, "The address that the settings name is taken by another program. The dashboard was not started. Name another with --urls, or leave it out.", ExitCodes.Usage),
        _ when DatabaseFaults.Explain(exception) is { } database => new(database.Code, database.Message, ExitCodeOf(database.Code)),
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

    /// <summary>A configuration file that is no JSON: its own words quote what stands there.</summary>
    private static string Unreadable(InvalidDataException file) =>
        $"A file of settings is not JSON{(file.InnerException?.InnerException is System.Text.Json.JsonException { LineNumber: { } line } ? $": line {line + 1} cannot be read" : "")}. Nothing was started. Correct appsettings.json or the user secrets.";

    private static bool Is(string family, string code) => code.StartsWith(family, StringComparison.Ordinal);

    private static string WithoutCode(string code, string message) => message.StartsWith($"{code}: ", StringComparison.Ordinal) ? message[(code.Length + 2)..] : message;
}
