using EmbeddingAdmin.Runs;
using Microsoft.Extensions.Logging;

namespace EmbeddingAdmin;

/// <summary>Every line that the engine logs. Never a row's text, never a key.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Information, "Run {Run} ({Kind} of {Table}) is running")]
    public static partial void RunStarted(this ILogger log, long run, RunKind kind, string table);

    [LoggerMessage(102, LogLevel.Information, "Run {Run} is {Status} after {Rows} rows")]
    public static partial void RunEnded(this ILogger log, long run, RunStatus status, long rows);

    [LoggerMessage(103, LogLevel.Warning, "Run {Run} stopped: {Code} ({Fault})")]
    public static partial void RunFaulted(this ILogger log, long run, string? code, string fault);

    [LoggerMessage(104, LogLevel.Warning, "Run {Run} could not be driven: {Fault}")]
    public static partial void RunNotDriven(this ILogger log, long run, string fault);

    [LoggerMessage(105, LogLevel.Warning, "The database does not answer ({Fault}); asking again")]
    public static partial void DatabaseSilent(this ILogger log, string fault);

    [LoggerMessage(106, LogLevel.Warning, "How run {Run} stands could not be written down; it is settled when its lease has run out")]
    public static partial void RunNotSettled(this ILogger log, long run);

    [LoggerMessage(109, LogLevel.Warning, "{Table} was not scanned to the end: {Fault}")]
    public static partial void TableNotScanned(this ILogger log, string table, string fault);

    [LoggerMessage(110, LogLevel.Warning, "The coverage was not kept: {Fault}")]
    public static partial void CoverageNotKept(this ILogger log, string fault);

    [LoggerMessage(107, LogLevel.Information, "{Setting}: the key with the fingerprint {After} is in force now; before it was {Before}")]
    public static partial void KeyTaken(this ILogger log, string setting, string before, string after);

    [LoggerMessage(108, LogLevel.Warning, "{Problem}")]
    public static partial void KeyNotTaken(this ILogger log, SettingProblem problem);
}
