using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Privileges;

/// <summary>What this program does to the tables of its own schema, once somebody with the right to it has made them.</summary>
internal static class OwnRecords
{
    /// <summary>The schema.</summary>
    public const string Schema = "embedding_admin";

    private const string Select = "SELECT";
    private const string Insert = "INSERT";
    private const string Update = "UPDATE";
    private const string Delete = "DELETE";

    // The scheduler's tables, which it makes and names itself.
    private const string Scheduler = "qrtz_";

    private static readonly string[] OfScheduler = [Select, Insert, Update, Delete];

    /// <summary>The rights that are needed, by the table's name. A row that is locked needs UPDATE, too; identities need no right to their sequence.</summary>
    public static IReadOnlyDictionary<string, string[]> Needs { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["migration"] = [Select],
        ["vector_column"] = [Select, Insert, Update],
        ["recipe"] = [Select, Insert, Update],
        ["made_from"] = [Select, Insert],
        ["stamp"] = [Select, Insert, Update, Delete],
        ["run"] = [Select, Insert, Update],
        ["run_progress"] = [Select, Insert, Update],
        ["run_lease"] = [Select, Insert, Update],
        ["batch"] = [Select, Insert, Update],
        ["row_result"] = [Select, Insert, Update, Delete],
        ["coverage_count"] = [Select, Insert, Update],
        ["coverage_scan"] = [Select, Insert, Update],
        ["coverage_snapshot"] = [Select, Insert, Delete],
        ["verify_vector"] = [Select, Insert, Update, Delete],
        ["event"] = [Select, Insert],
        ["instance"] = [Select, Insert, Update, Delete],
        ["sign_in_link"] = [Select, Insert, Update, Delete],
        ["session"] = [Select, Insert, Update, Delete],
    };

    /// <summary>The rights that are needed on a table; none on one that is not known.</summary>
    public static IReadOnlyList<string> Of(string table) => IsScheduler(table) ? OfScheduler : Needs.GetValueOrDefault(table) ?? [];

    /// <summary>The statement that gives these rights to tables.</summary>
    public static string Grant(IReadOnlyList<string> tables, IReadOnlyList<string> rights, SqlName role) =>
        $"grant {string.Join(", ", rights).ToLowerInvariant()} on {string.Join(", ", tables.Select(table => SqlName.Of(Schema, table)))} to {role};";

    /// <summary>Whether a table is the scheduler's.</summary>
    public static bool IsScheduler(string table) => table.StartsWith(Scheduler, StringComparison.Ordinal);
}
