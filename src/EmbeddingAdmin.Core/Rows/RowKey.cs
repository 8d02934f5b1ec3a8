using System.Globalization;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Rows;

/// <summary>A row's key as somebody typed it or as an address names it, judged before any of it reaches a statement.</summary>
public static class RowKey
{
    /// <summary>The key as the database spells it as text; null when no row of the table can have it.</summary>
    /// <param name="target">The table.</param>
    /// <param name="typed">What was typed. Blanks around a uuid or a number are left out; in a text key they count.</param>
    public static string? Read(Target target, string typed)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(typed);
        return target.Facts.Columns.Single(column => column.Name == target.KeyName).BaseType switch
        {
            "uuid" => Guid.TryParseExact(typed.Trim(), "D", out var uuid) ? uuid.ToString("D") : null,
            "int4" => int.TryParse(typed, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture) : null,
            "int8" => long.TryParse(typed, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture) : null,
            _ => IsText(typed) ? typed : null,
        };
    }

    /// <summary>Postgres stores no NUL, and half of a surrogate pair has no place in UTF-8.</summary>
    private static bool IsText(string typed)
    {
        for (var at = 0; at < typed.Length; at++)
        {
            if (typed[at] == '\0' || (char.IsSurrogate(typed[at]) && !char.IsSurrogatePair(typed, at)))
                return false;
            if (char.IsHighSurrogate(typed[at]))
                at++;
        }

        return true;
    }
}
