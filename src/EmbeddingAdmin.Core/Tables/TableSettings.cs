using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace EmbeddingAdmin.Tables;

/// <summary>Reads the section <c>Tables</c> of the settings: a list of <see cref="EmbeddingTable"/>.</summary>
public static partial class TableSettings
{
    /// <summary>Name of the section in the settings.</summary>
    public const string Section = "Tables";

    private static readonly string[] Keys =
        [nameof(Entry.Name), nameof(Entry.Schema), nameof(Entry.Table), nameof(Entry.Key), nameof(Entry.Vector), nameof(Entry.Text), nameof(Entry.Filter), nameof(Entry.Owner), nameof(Entry.CreatedAt), nameof(Entry.Model), nameof(Entry.Private)];

    /// <summary>The configured tables (<see cref="EmbeddingTable.Defaults"/> when the section is absent), and every fault of form.</summary>
    public static (IReadOnlyList<EmbeddingTable> Tables, IReadOnlyList<SettingProblem> Problems) Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var entries = configuration.GetSection(Section).GetChildren().ToList();
        if (entries.Count == 0)
            return (EmbeddingTable.Defaults, []);
        var tables = new List<EmbeddingTable>();
        var problems = new List<SettingProblem>();
        foreach (var section in entries)
        {
            var entry = new Entry(section);
            var name = entry.Name ?? "";
            if (!Slug().IsMatch(name))
                Refuse(nameof(Entry.Name), "It is missing or not a slug. Set small letters, digits and dashes, such as stories.");
            else if (tables.Any(table => table.Name == name))
                Refuse(nameof(Entry.Name), "Another table has this name as well. Give each its own.");
            if (entry.Vector is null)
                Refuse(nameof(Entry.Vector), "It is missing. Set the name of the vector column.");
            if (entry.Private is { } flag && !bool.TryParse(flag, out _))
                Refuse(nameof(Entry.Private), "It is neither true nor false. Set one of them.");
            if (entry.Text is { } text && Text.TextRecipe.Fault(text) is { } fault)
                Refuse(nameof(Entry.Text), $"The recipe {fault}.");
            if (entry.Filter is { } filter && RowFilter.Fault(filter) is { } unclear)
                Refuse(nameof(Entry.Filter), $"The filter {unclear}.");
            problems.AddRange(section.GetChildren().Where(child => !Keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                .Select(child => new SettingProblem(ErrorCodes.TableSettings, child.Path, $"No table has such a setting. There are {string.Join(", ", Keys)}.")));
            tables.Add(new EmbeddingTable
            {
                Name = name,
                Schema = entry.Schema ?? "public",
                Table = entry.Table ?? name,
                Key = entry.Key,
                Vector = entry.Vector ?? "",
                Text = entry.Text,
                Filter = entry.Filter,
                Owner = entry.Owner,
                CreatedAt = entry.CreatedAt,
                Model = entry.Model,
                Private = entry.Private is not { } hidden || !bool.TryParse(hidden, out var isPrivate) || isPrivate,
            });

            void Refuse(string key, string why) => problems.Add(new(ErrorCodes.TableSettings, $"{section.Path}:{key}", why));
        }

        return (tables, problems);
    }

    [GeneratedRegex("^[a-z0-9]+(?:[-_][a-z0-9]+)*\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Slug();

    private sealed class Entry(IConfigurationSection section)
    {
        public string? Name => Of(nameof(Name));

        public string? Schema => Of(nameof(Schema));

        public string? Table => Of(nameof(Table));

        public string? Key => Of(nameof(Key));

        public string? Vector => Of(nameof(Vector));

        public string? Text => Of(nameof(Text));

        public string? Filter => Of(nameof(Filter));

        public string? Owner => Of(nameof(Owner));

        public string? CreatedAt => Of(nameof(CreatedAt));

        public string? Model => Of(nameof(Model));

        public string? Private => Of(nameof(Private));

        private string? Of(string key) => section[key] is { Length: > 0 } value ? value : null;
    }
}
