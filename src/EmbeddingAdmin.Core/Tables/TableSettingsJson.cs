using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EmbeddingAdmin.Tables;

/// <summary>Writes tables down as <c>appsettings.json</c> takes them. What <see cref="TableSettings"/> reads from it is the same tables.</summary>
public static class TableSettingsJson
{
    // For people to read and a file to keep; wherever it is shown on a page it is encoded there.
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One entry of the list <c>Tables</c>.</summary>
    public static string Entry(EmbeddingTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return JsonSerializer.Serialize(Shape(table), Options);
    }

    /// <summary>A whole file with the section <c>Tables</c>.</summary>
    public static string File(IEnumerable<EmbeddingTable> tables)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal) { [TableSettings.Section] = tables.Select(Shape).ToArray() }, Options);
    }

    private static object Shape(EmbeddingTable table) => new
    {
        table.Name,
        table.Schema,
        table.Table,
        table.Key,
        table.Vector,
        table.Text,
        table.Filter,
        table.Owner,
        table.CreatedAt,
        table.Model,
        table.Private,
    };
}
