using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Tables;

/// <summary>What the catalog says of a table, in an operator's words.</summary>
internal static class TableWords
{
    /// <summary>What kind of relation it is.</summary>
    public static string Kind(char kind) => kind switch
    {
        'r' => "table",
        'p' => "partitioned table",
        'v' => "view",
        'm' => "materialized view",
        'f' => "foreign table",
        _ => "relation",
    };

    /// <summary>How many rows it has, as far as the catalog knows.</summary>
    public static string Rows(double estimated) => estimated < 0 ? "rows not counted: never analysed" : $"about {Amount.Rows((long)estimated)}";

    /// <summary>How far a discovered column is from being used.</summary>
    public static StatusLook Look(DiscoveredColumn column) => column switch
    {
        { ConfiguredAs.Count: > 0, Fault: null } => new("Configured", "check_circle", Tone.Good),
        { Fault: null } => new("Can be configured", "add_circle", Tone.Neutral),
        { Fault.Code: ErrorCodes.VectorWithoutSize } => new("Needs a size", "straighten", Tone.Warning),
        _ => new("Cannot be used", "block", Tone.Warning),
    };

    /// <summary>By whose word a recipe is in force.</summary>
    public static string Origin(RecipeInForce recipe) => recipe switch
    {
        { Origin: RecipeOrigin.Proposed } => "proposed, not confirmed",
        { Origin: RecipeOrigin.Settings, Version: { } version } => $"version {version}, from the settings",
        { Origin: RecipeOrigin.Settings } => "from the settings, not used yet",
        _ => $"version {recipe.Version}, confirmed by {recipe.Actor}",
    };

    /// <summary>The address of a table's text page.</summary>
    public static string TextPage(string table) => $"/tables/{table}/text";
}
