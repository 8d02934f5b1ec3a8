using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>A pooler in words.</summary>
internal static class PoolerWords
{
    private const string ByAsking = "Runs work, and so does everything else; news of other instances come by asking once a second, not at once.";

    /// <summary>What the overview says of it, in a sentence or two; null when there is nothing to say.</summary>
    public static string? Sentence(Pooler? pooler) => pooler switch
    {
        { Mode: PoolerMode.Transaction } => $"The database is reached through a pooler in transaction mode{Named(pooler)}. {ByAsking}",
        { Mode: PoolerMode.Session } => $"The database is reached through a pooler in session mode{Named(pooler)}. All is as without one.",
        { Mode: PoolerMode.Unknown } => $"The database is reached through a pooler{Named(pooler)}; in which mode could not be found out. {ByAsking}",
        _ => null,
    };

    /// <summary>What the connection page says of it.</summary>
    /// <param name="pooler">What was found; null when nothing could be.</param>
    /// <param name="connection">What the settings say of it.</param>
    public static Check Check(Pooler? pooler, DatabaseConnection? connection) => pooler switch
    {
        { Mode: PoolerMode.Transaction } => InTransactionMode($"transaction mode{Named(pooler)}"),
        { Mode: PoolerMode.Session } => new(Mark.Fact, "Pooler", $"session mode{Named(pooler)}", "All is as without one."),
        { Mode: PoolerMode.Unknown } => new(Mark.Note, "Pooler", $"one whose mode could not be found out{Named(pooler)}", ByAsking),
        { Mode: PoolerMode.None } => new(Mark.Fact, "Pooler", "none"),
        _ when connection is { TransactionPooler: true } => InTransactionMode("transaction mode, by the settings"),
        _ => new(Mark.Fact, "Pooler", "not known"),
    };

    private static Check InTransactionMode(string found) =>
        new(Mark.Note, "Pooler", found, $"{ByAsking} Through a pooler in session mode (in Supabase: port 5432), or without one, they come at once.", ErrorCodes.TransactionPooler);

    private static string Named(Pooler pooler) => pooler.Product is { } product ? $" ({product})" : "";
}
