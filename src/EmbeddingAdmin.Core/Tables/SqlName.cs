namespace EmbeddingAdmin.Tables;

/// <summary>
/// A name as it stands in SQL: always quoted. It is the only way in which a name that somebody configured reaches a
/// statement; <see cref="TableCatalog"/> makes them from what <c>pg_catalog</c> answered, never from the setting itself.
/// </summary>
public readonly record struct SqlName
{
    private readonly string _quoted;

    private SqlName(string quoted) => _quoted = quoted;

    /// <summary>Quotes one identifier, as <c>quote_ident</c> does.</summary>
    /// <exception cref="ArgumentException">The identifier is empty or holds a NUL, which Postgres cannot store.</exception>
    public static SqlName Of(string identifier)
    {
        ArgumentException.ThrowIfNullOrEmpty(identifier);
        if (identifier.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("A name in Postgres cannot hold a NUL character.", nameof(identifier));
        return new SqlName($"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
    }

    /// <summary>Quotes <paramref name="schema"/> and <paramref name="identifier"/> and joins them with a dot.</summary>
    public static SqlName Of(string schema, string identifier) => new($"{Of(schema)}.{Of(identifier)}");

    /// <summary>
    /// Quotes words of the settings (a recipe's labels, a filter's values) that have to stand in an expression; everything else is a parameter.
    /// </summary>
    /// <exception cref="ArgumentException">The words hold a NUL.</exception>
    public static string Literal(string words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("Text in Postgres cannot hold a NUL character.", nameof(words));
        var quoted = words.Replace("'", "''", StringComparison.Ordinal);
        // Whatever standard_conforming_strings says, a doubled backslash in an E string is one.
        return quoted.Contains('\\', StringComparison.Ordinal) ? $"E'{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{quoted}'";
    }

    /// <summary>The quoted name, ready to stand in a statement.</summary>
    public override string ToString() => _quoted;
}
