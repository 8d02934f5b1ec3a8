using System.Globalization;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>A fact that a row's state rests on: as it was when the vector was made, and as it is.</summary>
/// <param name="What">What is compared.</param>
/// <param name="Then">As the stamp has it; null when nothing is known of it.</param>
/// <param name="Now">As it is; null when there is none.</param>
/// <param name="Same">Whether they agree; null where there is nothing to compare.</param>
/// <param name="Decides">Whether the row's state is what it is because of this.</param>
public sealed record EvidenceLine(string What, string? Then, string? Now, bool? Same, bool Decides)
{
    private const int HashCharacters = 12;

    /// <summary>What was compared to find the row's state.</summary>
    public static IReadOnlyList<EvidenceLine> Of(RowFacts row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var (stamp, state) = (row.Stamp, row.State);
        var norm = row.Vector is { } vector ? VectorCheck.Norm(vector.Span) : (double?)null;
        var config = state == CoverageState.StaleConfig;
        List<EvidenceLine> lines =
        [
            new("Text (sha256)", Short(stamp?.TextHash), row.Characters == 0 ? "none: the text is empty" : Short(row.TextHash), stamp is null ? null : stamp.TextHash == row.TextHash, state is CoverageState.StaleText or CoverageState.EmptySource),
            new("Vector (sha256)", Short(stamp?.VectorHash), row.Vector is null ? "none" : Short(row.VectorHash), stamp is null || row.Vector is null ? null : stamp.SameVector, state is CoverageState.Missing or CoverageState.Unstamped),
            Setting("Provider", stamp?.MadeBy.Provider, row.Model.Provider),
            Setting("Host", stamp?.MadeBy.Host, row.Model.Host),
            Setting("Model", stamp?.MadeBy.Model, row.Model.Model),
            Setting("Dimensions asked for", stamp is null ? null : Amount.Of(stamp.MadeBy.Dimensions), Amount.Of(row.Model.Dimensions)),
            new("Text recipe", stamp is null ? null : Version(stamp.RecipeVersion), Version(row.RecipeVersion), stamp?.SameRecipe, config && stamp is { SameRecipe: false }),
            new("Vector's dimensions", $"must be {Amount.Of(row.Dimensions)}", row.Vector is { } there ? Amount.Of(there.Length) : "none", row.Vector?.Length is { } length ? length == row.Dimensions : null, state == CoverageState.Invalid && row.Vector?.Length != row.Dimensions),
            new("Vector's norm", "must not be 0", norm?.ToString("0.######", CultureInfo.InvariantCulture) ?? "none", norm is null ? null : norm != 0, state == CoverageState.Invalid && norm == 0),
        ];
        // Where there is nothing to compare there is nothing to see.
        return [.. lines.Where(line => line.Same is not null || line.Decides || line.What.StartsWith("Text (", StringComparison.Ordinal))];

        EvidenceLine Setting(string what, string? then, string now) => new(what, then, now, then is null ? null : then == now, config && then != now);
    }

    /// <summary>What has to hold of a row in a state, given that none before it in the order holds.</summary>
    public static string Predicate(CoverageState state) => state switch
    {
        CoverageState.EmptySource => "There is no vector, and the text that the recipe makes is empty.",
        CoverageState.Missing => "There is no vector, and there is a text.",
        CoverageState.Invalid => "The vector has another length than the column's, or all its numbers are 0.",
        CoverageState.Unstamped => "No stamp belongs to the vector, or its bytes are not the ones that were stamped.",
        CoverageState.StaleConfig => "The stamp names another provider, host, model, length or text recipe than the settings do now.",
        CoverageState.StaleText => "The stamp's hash is not that of the text of now.",
        CoverageState.Fresh => "None of the others holds.",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    private static string? Short(string? hash) => hash is { Length: > HashCharacters } ? hash[..HashCharacters] : hash;

    private static string Version(int? version) => version is { } number ? $"version {number}" : "not numbered";
}
