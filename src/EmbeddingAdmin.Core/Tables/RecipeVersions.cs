using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Tables;

/// <summary>By whose word a recipe is in force.</summary>
public enum RecipeOrigin
{
    /// <summary>The settings name it.</summary>
    Settings,
    /// <summary>An operator confirmed it in the dashboard.</summary>
    Confirmed,
    /// <summary>It is a proposal: nothing is embedded with it before somebody confirms it.</summary>
    Proposed,
}

/// <summary>The recipe that a table's texts are made by now.</summary>
/// <param name="Template">The recipe as it was written.</param>
/// <param name="Origin">By whose word.</param>
/// <param name="Version">Its number among the column's recipes; null while no run has used it and nobody has confirmed it.</param>
/// <param name="Actor">Who chose it last, by confirming it or by starting a run with it while another was in force.</param>
/// <param name="At">When that was.</param>
public sealed record RecipeInForce(string Template, RecipeOrigin Origin, int? Version = null, string? Actor = null, DateTimeOffset? At = null);

/// <summary>A version of a column's recipe.</summary>
/// <param name="Column">The column as <see cref="EmbeddingTable.ColumnName"/> spells it.</param>
/// <param name="Recipe">The recipe.</param>
/// <param name="Identity">What tells it from others: <see cref="SourceText.Recipe"/>.</param>
internal sealed record RecipeVersion(string Column, RecipeInForce Recipe, string Identity);

/// <summary>Versions of recipes, of each column the one that was chosen last first.</summary>
internal sealed record RecipeVersions(IReadOnlyList<RecipeVersion> All)
{
    public static RecipeVersions None { get; } = new([]);

    /// <summary>The recipe that is in force: that of the settings, else the one confirmed last, else null.</summary>
    /// <param name="table">The table.</param>
    /// <param name="identify">Gives the identity of a template.</param>
    public RecipeInForce? InForce(EmbeddingTable table, Func<string, string> identify)
    {
        var versions = All.Where(version => version.Column == table.ColumnName);
        if (table.Text is not { } named)
            return versions.FirstOrDefault()?.Recipe;
        var identity = identify(named);
        var used = versions.FirstOrDefault(version => version.Identity == identity)?.Recipe;
        return (used ?? new RecipeInForce(named, RecipeOrigin.Settings)) with { Origin = RecipeOrigin.Settings, Template = named };
    }
}
