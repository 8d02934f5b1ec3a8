using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace EmbeddingAdmin.Writing;

/// <summary>What the database says when it refuses a single row: a constraint, a trigger that raises, a value that does not fit.</summary>
internal static partial class RowFault
{
    private const int MaxLength = 200;
    private const int TellingLength = 3;

    // Classes of SQLSTATE that are about the connection, the transaction, the server or its resources. All others, those that a trigger makes up
    // included, may be about the row.
    private static readonly string[] NotOfARow = ["08", "0A", "25", "26", "28", "2D", "3B", "3D", "40", "53", "55", "57", "58", "72", "F0", "XX"];

    /// <summary>Whether a single row may have caused it.</summary>
    public static bool Is(Exception fault) =>
        fault is PostgresException { SqlState.Length: 5 } refused && !NotOfARow.Contains(refused.SqlState[..2], StringComparer.Ordinal) && !IsOurs(refused);

    /// <summary>Whether it is about names and rights (class 42), which are the same for every row.</summary>
    public static bool IsOfNames(PostgresException fault) => fault.SqlState.StartsWith("42", StringComparison.Ordinal);

    /// <summary>Whether another transaction entered the same page: the ledger then knows it.</summary>
    public static bool IsOurs(PostgresException fault) => fault.SchemaName == "embedding_admin";

    /// <summary>The row's outcome, with the reason and without any of its text.</summary>
    public static RowResult Of(VectorRow row, PostgresException fault)
    {
        var by = fault.ConstraintName is { Length: > 0 } constraint ? $", constraint {constraint}" : Function().Match(fault.Where ?? "") is { Success: true } match ? $", function {match.Groups["name"].Value}" : "";
        return new(row.Key, RowOutcome.Failed, "database", fault.SqlState, Cut($"The database refused the row ({fault.SqlState}{by}): {Scrub(fault.MessageText, fault.Where is { Length: > 0 } ? row.Text : "")}"));
    }

    /// <summary>The server's sentence without what it quotes. The sentence of a function may quote without marks: it loses every word of <paramref name="text"/>.</summary>
    internal static string Scrub(string sentence, string text)
    {
        sentence = Quoted().Replace(sentence.ReplaceLineEndings(" "), "…");
        var said = new HashSet<string>(Words().Matches(text).Select(word => word.Value), StringComparer.OrdinalIgnoreCase);
        return Words().Replace(sentence, word => word.Length >= TellingLength && said.Contains(word.Value) ? "…" : word.Value);
    }

    private static string Cut(string message)
    {
        if (message.Length <= MaxLength)
            return message;
        var cut = new StringBuilder(MaxLength);
        foreach (var rune in message.EnumerateRunes())
        {
            if (cut.Length + rune.Utf16SequenceLength >= MaxLength)
                break;
            cut.Append(rune);
        }

        return cut.Append('…').ToString();
    }

    // A quotation or parenthesis that is not closed goes to the end.
    [GeneratedRegex("""
        "[^"]*(?:"|$)|'[^']*(?:'|$)|“[^”]*(?:”|$)|«[^»]*(?:»|$)|„[^“”]*(?:[“”]|$)|\(.*(?:\)|$)
        """, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"[\p{L}\p{N}_]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Words();

    [GeneratedRegex(@"PL/pgSQL function (?<name>[\w.$]+)\(", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Function();
}
