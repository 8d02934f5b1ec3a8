namespace EmbeddingAdmin.Web.Coverage;

/// <summary>What a table's rows are called: by its name where that is a plural word, such as "stories".</summary>
public static class TableNoun
{
    // They end in s and are one thing all the same: address, status, basis.
    private static readonly string[] Singular = ["ss", "us", "is"];

    /// <summary>So many of them: "1,204 stories", "1 row of stories", "12 rows of story_log".</summary>
    /// <param name="table">The table's configured name.</param>
    /// <param name="count">How many.</param>
    /// <param name="exact">False puts ≈ before an estimate.</param>
    public static string Of(string table, long count, bool exact = true)
    {
        ArgumentNullException.ThrowIfNull(table);
        var amount = exact ? Components.Amount.Of(count) : $"≈ {Components.Amount.Of(count)}";
        return count == 1 ? $"{amount} row of {table}" : IsPlural(table) ? $"{amount} {table}" : $"{amount} rows of {table}";
    }

    private static bool IsPlural(string word) => word is [_, _, .., 's'] && word.All(char.IsAsciiLetterLower) && !Singular.Any(end => word.EndsWith(end, StringComparison.Ordinal));
}
