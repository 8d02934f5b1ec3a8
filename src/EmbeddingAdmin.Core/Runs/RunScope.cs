using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Which rows a plan means, in SQL: the one place that says so, for the run that takes them and for the count before it. Rows are chosen by
/// their states, by a list of keys, or by the failures of another run; any of these may be narrowed to one owner. "First so many" is the
/// reader's, which takes rows in the order of their keys.
/// </summary>
internal sealed class RunScope(Target target, RunPlan plan)
{
    /// <summary>
    /// The rows that the run still has to deal with, to stand behind FROM: row <c>t</c>, stamp <c>s</c>. $1 is the column, $2 the origin, $3 the run (0 before
    /// there is one), $4 its attempt, $5 <see cref="Values"/>. A row whose text was edited meanwhile is taken again, up to three times.
    /// </summary>
    public string Rows =>
        $"""
        {target.Relation} t left join embedding_admin.stamp s on s.vector_column = $1 and s.row_key = t.{target.Key}::text
         where {target.Filter} and {Chosen}{Owned}
           and not exists (select from embedding_admin.row_result x where x.run = $3 and x.row_key = t.{target.Key}::text and x.attempt = $4 and (x.outcome <> 'changed' or x.tries >= 3))
        """;

    /// <summary>The values of the scope as one array, so that every statement over a scope takes the same parameters: owner, failed run, the cause's outcome, stage and code, then the keys.</summary>
    public string?[] Values =>
    [
        plan.Owner, plan.FailedIn?.ToString(System.Globalization.CultureInfo.InvariantCulture),
        plan.FailedAs is { } cause ? Writing.Receipt.Name(cause.Outcome) : null, plan.FailedAs?.Stage, plan.FailedAs?.Code,
        .. plan.Keys ?? [],
    ];

    private string Chosen =>
        plan.Keys is not null ? $"t.{target.Key} = any(($5::text[])[6:]::{target.KeyType}[]) and {NotWritten}"
        : plan.FailedIn is not null ? $"{Failed} and {NotWritten}"
        : plan.Scope.Count == 0 ? "true"
        : plan.Overwrites ? $"({CoverageStates.Classify(target, "$2")}) in ({string.Join(", ", plan.Scope.Distinct().Select(CoverageStates.Place))})"
        // Missing alone needs no stamp and no hash, and can be answered by an index on the missing rows.
        : $"t.{target.Vector} is null";

    // A row that this run has written stays in such a scope; its stamp says that it is done, unless an earlier attempt found the vector gone.
    private string NotWritten =>
        $"""
        (s.run is distinct from $3 or exists (select from embedding_admin.row_result x where x.run = $3 and x.row_key = t.{target.Key}::text and x.attempt < $4))
        """;

    // Found by the key's index, however large the table is. What any run has written since it was listed is mended, and is not paid for twice.
    private string Failed =>
        $"""
        t.{target.Key} in (select x.row_key::{target.KeyType} from embedding_admin.row_result x where x.run = ($5::text[])[2]::bigint and {Failures.IsFailure("x")}{Caused})
           and (s.run = $3 or not exists (select from embedding_admin.row_result x where x.run = ($5::text[])[2]::bigint and x.row_key = t.{target.Key}::text and x.at < s.at))
        """;

    private string Caused => plan.FailedAs is null ? ""
        : " and x.outcome = ($5::text[])[3] and x.stage is not distinct from ($5::text[])[4] and x.code is not distinct from ($5::text[])[5]";

    private string Owned => plan.Owner is null ? "" : $" and t.{SqlName.Of(OwnerColumn(target).Name)} = ($5::text[])[1]::{OwnerColumn(target).ValueType}";

    /// <summary>The column that says whose a row is.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.TableColumn"/>: the settings name none for this table.</exception>
    public static ColumnFacts OwnerColumn(Target target) =>
        target.Facts.Columns.FirstOrDefault(column => column.Name == target.Table.Owner)
        ?? throw new EmbeddingAdminException(ErrorCodes.TableColumn, $"The settings name no owner column for {target.Table.Name}. Nothing was started. Set Owner in its entry under Tables, or leave the owner out.");
}
