using System.Text;

namespace EmbeddingAdmin.Tables;

/// <summary>
/// The rows of a table that count, written as Supabase's API writes a filter: conditions <c>column=operator.value</c> joined by
/// <c>&amp;</c>, all of which must hold. Operators: eq, neq, gt, gte, lt, lte, like and ilike (with <c>*</c>), in.(a,b), is.null, is.true,
/// is.false, each with <c>not.</c> before it for the opposite. It is not SQL, so that a setting cannot say more than a condition.
/// </summary>
public static class RowFilter
{
    private static readonly Dictionary<string, string> Operators = new(StringComparer.Ordinal)
    {
        ["eq"] = "=", ["neq"] = "<>", ["gt"] = ">", ["gte"] = ">=", ["lt"] = "<", ["lte"] = "<=", ["like"] = "like", ["ilike"] = "ilike", ["in"] = "in", ["is"] = "is",
    };

    private static readonly string[] IsValues = ["null", "true", "false"];

    private sealed record Condition(string Column, bool Not, string Operator, string Value);

    /// <summary>Why a filter cannot be read, as the end of a sentence; null when it can.</summary>
    public static string? Fault(string filter) => Read(filter).Fault;

    /// <summary>The filter as an SQL condition on the row <c>t</c>; <c>true</c> when there is none.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.TableFilter"/>: it cannot be read, or names a column that the table does not have.</exception>
    public static string Compile(EmbeddingTable table, TableFacts facts)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(facts);
        if (table.Filter is null)
            return "true";
        var (conditions, fault) = Read(table.Filter);
        if (fault is not null)
            throw new EmbeddingAdminException(ErrorCodes.TableFilter, $"The filter of {table.Name} {fault}. Nothing was read or written.");
        return string.Join(" and ", conditions.Select(condition => Sql(condition, table, facts)));
    }

    /// <summary>The columns that the table's filter looks at, each once.</summary>
    public static IReadOnlyList<string> Columns(EmbeddingTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Filter is null ? [] : [.. Read(table.Filter).Conditions.Select(condition => condition.Column).Distinct(StringComparer.Ordinal)];
    }

    private static string Sql(Condition condition, EmbeddingTable table, TableFacts facts)
    {
        var column = facts.Columns.FirstOrDefault(c => c.Name == condition.Column)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableFilter, $"The filter of {table.Name} names the column {condition.Column}, which {table.Schema}.{table.Table} does not have. Nothing was read or written.{NearMatch.Sentence(condition.Column, facts.Columns.Select(c => c.Name))}");
        var name = $"t.{SqlName.Of(column.Name)}";
        var sql = condition.Operator switch
        {
            "is" => $"{name} is {condition.Value}",
            "in" => $"{name} in ({string.Join(", ", Items(condition.Value).Select(item => $"{SqlName.Literal(item)}::{column.ValueType}"))})",
            "like" or "ilike" => $"{name}::text {condition.Operator} {SqlName.Literal(condition.Value.Replace('*', '%'))}",
            _ => $"{name} {Operators[condition.Operator]} {SqlName.Literal(condition.Value)}::{column.ValueType}",
        };
        // A condition that is NULL does not hold, and its opposite has to.
        return condition.Not ? $"({sql}) is not true" : $"({sql})";
    }

    private static (IReadOnlyList<Condition> Conditions, string? Fault) Read(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var conditions = new List<Condition>();
        foreach (var (n, part) in filter.Split('&', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Index())
        {
            // Where it is, and not what it says: nobody knows what was pasted here.
            var where = $"in its condition {n + 1}";
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
                return ([], $"is not column=operator.value {where}");
            var rest = part[(at + 1)..];
            var not = rest.StartsWith("not.", StringComparison.Ordinal);
            if (not)
                rest = rest[4..];
            if (rest.Split('.', 2) is not [var name, var value] || !Operators.ContainsKey(name))
                return ([], $"has no known operator {where}; there are {string.Join(", ", Operators.Keys)}, as in status=eq.published");
            if (name == "is" && !IsValues.Contains(value, StringComparer.Ordinal))
                return ([], $"says is. and none of null, true and false {where}");
            if (name == "in" && (value is not ['(', .., ')'] || Items(value).Count == 0))
                return ([], $"has a list that is not written like in.(a,b) {where}");
            if (value.Contains('\0', StringComparison.Ordinal))
                return ([], $"holds a NUL character {where}");
            conditions.Add(new Condition(part[..at], not, name, value));
        }

        return conditions.Count == 0 ? ([], "names no condition") : (conditions, null);
    }

    /// <summary>The items of <c>(a,b,"c,d")</c>.</summary>
    private static List<string> Items(string list)
    {
        var items = new List<string>();
        var item = new StringBuilder();
        var quoted = false;
        foreach (var c in list[1..^1])
        {
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                Close();
            else
                item.Append(c);
        }

        Close();
        return items;

        void Close()
        {
            if (item.Length > 0)
                items.Add(item.ToString());
            item.Clear();
        }
    }
}
