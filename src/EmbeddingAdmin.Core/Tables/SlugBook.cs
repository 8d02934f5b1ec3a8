using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Tables;

/// <summary>Gives tables names for the dashboard that are slugs and nobody else's.</summary>
internal sealed partial class SlugBook(IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <summary>The shortest name that is free: the table, with the column where it has several, with the schema, with a number.</summary>
    public string Take(string schema, string table, string column, bool several)
    {
        var name = Slug(several ? $"{table} {column}" : table);
        foreach (var tried in new[] { name, Slug($"{schema} {name}") }.Concat(Enumerable.Range(2, _taken.Count + 1).Select(n => $"{name}-{n}")))
        {
            if (_taken.Add(tried))
                return tried;
        }

        throw new InvalidOperationException("More numbers than names were tried.");
    }

    private static string Slug(string name) =>
        Separators().Replace(name.ToLowerInvariant(), found => found.Value == "_" ? "_" : "-").Trim('-', '_') is { Length: > 0 } slug ? slug : "table";

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Separators();
}
