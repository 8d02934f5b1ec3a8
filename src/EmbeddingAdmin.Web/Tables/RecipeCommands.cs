using EmbeddingAdmin.Events;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.SignIn;

namespace EmbeddingAdmin.Web.Tables;

/// <summary>A table's recipe as its page shows it.</summary>
/// <param name="Facts">What the catalog says of the table.</param>
/// <param name="InForce">The recipe; null when none can even be proposed.</param>
/// <param name="Fault">Why it gives no text; null when it does.</param>
/// <param name="Versions">The recipes of the column, the one that was chosen last first.</param>
public sealed record RecipeView(TableFacts Facts, RecipeInForce? InForce, Fault? Fault, IReadOnlyList<RecipeInForce> Versions);

/// <summary>What is asked of recipes; what changes one is done in the name of whoever is signed in.</summary>
internal sealed class RecipeCommands(TableCatalog catalog, RecipePreview preview, Operator whoever)
{
    /// <exception cref="EmbeddingAdminException">The table itself cannot be used.</exception>
    public async Task<RecipeView> ReadAsync(EmbeddingTable table, CancellationToken cancel)
    {
        var facts = await catalog.FactsAsync(table, cancel);
        var versions = await catalog.Recipes.VersionsAsync(table.ColumnName, cancel);
        try
        {
            return new(facts, (await catalog.ResolveAsync(table, cancel)).Recipe, null, versions);
        }
        catch (EmbeddingAdminException unreadable) when (unreadable.Code == ErrorCodes.RecipeColumn)
        {
            // A column may have gone since: the recipe is shown as it is, so that it can be mended.
            var stored = table.Text is { } named ? new RecipeInForce(named, RecipeOrigin.Settings) : versions.FirstOrDefault();
            return new(facts, stored, Fault.Of(unreadable), versions);
        }
    }

    /// <summary>Why the recipe cannot be used with these columns, as a sentence; null when it can. Asks nobody.</summary>
    public static string? WhyNot(EmbeddingTable table, TableFacts facts, string template)
    {
        if (TextRecipe.Fault(template) is { } fault)
            return $"The recipe {fault}.";
        try
        {
            Compile(table, facts, template);
            return null;
        }
        catch (EmbeddingAdminException unfit)
        {
            return unfit.Message.Replace(" Nothing was read or written.", "", StringComparison.Ordinal);
        }
    }

    /// <summary>Whether two recipes make the same texts, however they are written.</summary>
    public static bool IsSame(EmbeddingTable table, TableFacts facts, string one, string other) =>
        WhyNot(table, facts, one) is null && WhyNot(table, facts, other) is null && Compile(table, facts, one).Recipe == Compile(table, facts, other).Recipe;

    /// <summary>What the recipe makes of twenty rows.</summary>
    public async Task<RecipeSample> PreviewAsync(EmbeddingTable table, string template, CancellationToken cancel) =>
        await preview.ReadAsync(await catalog.ResolveAsync(table, template, cancel), cancel);

    /// <summary>How many rows hold a vector that another recipe would put out of date.</summary>
    public async Task<long> AtStakeAsync(EmbeddingTable table, string inForce, CancellationToken cancel) =>
        await preview.MadeWithAsync(await catalog.ResolveAsync(table, inForce, cancel), cancel);

    /// <summary>Puts the recipe in force.</summary>
    /// <returns>Its version.</returns>
    public async Task<int> ConfirmAsync(EmbeddingTable table, string template)
    {
        var actor = new Actor(await whoever.ConfirmAsync(CancellationToken.None), "dashboard");
        if (table.Text is not null)
            throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"The settings name the text recipe of {table.Name}. Nothing was confirmed. Change it there.");
        return await catalog.Recipes.UseAsync(await catalog.ResolveAsync(table, template, CancellationToken.None), actor, CancellationToken.None);
    }

    private static SourceText Compile(EmbeddingTable table, TableFacts facts, string template) => SourceText.Compile(TextRecipe.Parse(template), table, facts);
}
