using System.CommandLine;
using System.Text.Json;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Tables;

namespace EmbeddingAdmin.Web.Commands;

/// <summary><c>tables</c>: the configured tables, and every vector column that the database has with the settings that would use it.</summary>
internal static class TablesCommand
{
    public static Command Create(CommandLine line) =>
        new Command("tables", "List the configured tables, and every vector column in the database with its entry for the settings.")
            .Does(line, async (terminal, _) =>
            {
                var seen = await terminal.Get<Discovery>().ReadAsync(terminal.Signals.Any);
                terminal.Answer.Give(new { Configured = seen.Configured.Select(Report), Discovered = seen.Found.Select(Report) }, Words(seen));
                return 0;
            });

    private static object Report(Resolution resolution) => new
    {
        resolution.Table.Name,
        resolution.Table.Schema,
        resolution.Table.Table,
        Column = resolution.Table.Vector,
        Key = resolution.Target?.KeyName ?? resolution.Table.Key,
        resolution.Target?.KeyType,
        Type = resolution.Target is { } target ? target.HalfPrecision ? "halfvec" : "vector" : null,
        resolution.Target?.Dimensions,
        Rows = Rows(resolution.Target?.Facts),
        resolution.Table.Filter,
        resolution.Table.Owner,
        resolution.Table.CreatedAt,
        resolution.Table.Model,
        resolution.Table.Private,
        Recipe = resolution.Target?.Recipe is { } recipe ? new { Text = recipe.Template, Origin = Run.Name(recipe.Origin), recipe.Version, recipe.Actor, recipe.At } : null,
        Fault = Report(resolution.Fault),
    };

    private static object Report(DiscoveredColumn column) => new
    {
        column.Facts.Schema,
        Table = column.Facts.Name,
        Column = column.Vector.Name,
        Kind = TableWords.Kind(column.Facts.Kind),
        Type = column.Vector.BaseType,
        column.Dimensions,
        Key = column.Key?.Name,
        KeyType = column.Key?.Type,
        Rows = Rows(column.Facts),
        column.ConfiguredAs,
        column.Recipe,
        Fault = Report(column.Fault),
        Entry = JsonSerializer.Deserialize<JsonElement>(TableSettingsJson.Entry(column.Entry)),
    };

    private static object? Report(EmbeddingAdminException? fault) => fault is null ? null : new { fault.Code, fault.Message };

    private static long? Rows(TableFacts? facts) => facts is { EstimatedRows: >= 0 and var rows } ? (long)rows : null;

    private static string Words(Discovered seen)
    {
        var lines = new List<string> { seen.Configured.Count == 0 ? "No table is configured." : "Configured:" };
        foreach (var (table, target, fault) in seen.Configured)
            lines.Add($"  {table.Name}: {table.Schema}.{table.Table}.{table.Vector}, {(target is null ? $"{fault!.Code}: {fault.Message}" : $"key {target.KeyName} ({target.KeyType}), {target.Dimensions} dimensions, text recipe {TableWords.Origin(target.Recipe)}")}");
        lines.Add(seen.Found.Count == 0 ? "No vector column was found." : "Found in the database:");
        foreach (var column in seen.Found)
        {
            lines.Add($"  {column.Facts.Schema}.{column.Facts.Name}.{column.Vector.Name}: {column.Vector.Type}, {(column.Key is { } key ? $"key {key.Name} ({key.Type})" : "no key")}, {TableWords.Rows(column.Facts.EstimatedRows)}");
            if (column.Fault is { } fault)
                lines.Add($"    {fault.Code}: {fault.Message}");
            if (column.ConfiguredAs.Count > 0)
                lines.Add($"    configured as {string.Join(", ", column.ConfiguredAs)}");
            else if (column.Fault is null)
                lines.Add($"    entry for the list Tables in appsettings.json:\n{Indented(TableSettingsJson.Entry(column.Entry))}");
        }

        return string.Join('\n', lines);
    }

    private static string Indented(string json) => string.Join('\n', json.ReplaceLineEndings("\n").Split('\n').Select(line => $"      {line}"));
}
