using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Coverage;

/// <summary>How far a row's vector can be trusted. Every row is in exactly one state.</summary>
public enum CoverageState
{
    /// <summary>The vector was made from the row's text as it is now, with the model and recipe of now.</summary>
    Fresh,
    /// <summary>The row's text is no longer the text that was embedded.</summary>
    StaleText,
    /// <summary>The vector was made with another provider, model, dimensions or recipe.</summary>
    StaleConfig,
    /// <summary>A vector of unknown origin: no run of ours wrote it, or it is no longer the one that was written.</summary>
    Unstamped,
    /// <summary>A vector that no search can use: zero, or of wrong dimensions.</summary>
    Invalid,
    /// <summary>Nothing to embed.</summary>
    EmptySource,
    /// <summary>Text, and no vector.</summary>
    Missing,
}

/// <summary>
/// The one list of states and their SQL predicates, which coverage, the scopes of runs and verification share. A predicate speaks of
/// the row <c>t</c> and of its stamp <c>s</c> (left-joined); the states are tested in the order of <see cref="InOrder"/>, and the first that holds is the row's.
/// </summary>
public static class CoverageStates
{
    /// <summary>The states in the order in which they are tested: cheap and decisive first.</summary>
    public static IReadOnlyList<CoverageState> InOrder { get; } =
    [
        CoverageState.EmptySource, CoverageState.Missing, CoverageState.Invalid, CoverageState.Unstamped, CoverageState.StaleConfig, CoverageState.StaleText, CoverageState.Fresh,
    ];

    /// <summary>The state's place in <see cref="InOrder"/>, as <see cref="Classify"/> gives it.</summary>
    public static int Place(CoverageState state) => InOrder.Index().Single(place => place.Item == state).Index;

    /// <summary>The states that a backfill can mend.</summary>
    public static IReadOnlyList<CoverageState> Mendable { get; } =
        [CoverageState.Missing, CoverageState.StaleText, CoverageState.StaleConfig, CoverageState.Unstamped, CoverageState.Invalid];

    /// <summary>The states of rows that hold a vector, which takes looking at it or at its text.</summary>
    public static IReadOnlyList<CoverageState> OfVectors { get; } =
        [CoverageState.Fresh, CoverageState.StaleText, CoverageState.StaleConfig, CoverageState.Unstamped, CoverageState.Invalid];

    /// <summary>The SQL that is true for rows in <paramref name="state"/>, given that no earlier state holds.</summary>
    /// <param name="state">The state.</param>
    /// <param name="target">The table.</param>
    /// <param name="madeFrom">The parameter that holds the id of the present <c>made_from</c>, such as <c>$1</c>.</param>
    public static string Predicate(CoverageState state, Target target, string madeFrom) => state switch
    {
        CoverageState.EmptySource => $"t.{target.Vector} is null and {target.Text.IsBlank}",
        CoverageState.Missing => $"t.{target.Vector} is null",
        CoverageState.Invalid => $"({target.Function("vector_dims")}(t.{target.Vector}) <> {target.Dimensions} or {target.Norm($"t.{target.Vector}")} = 0)",
        // Whoever put another vector in the place of ours left our stamp beside it.
        CoverageState.Unstamped => $"(s.row_key is null or s.vector_hash <> sha256({target.Bytes($"t.{target.Vector}")}))",
        CoverageState.StaleConfig => $"s.made_from is distinct from {madeFrom}",
        CoverageState.StaleText => $"s.text_hash <> {target.Text.Hash}",
        CoverageState.Fresh => "true",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <summary>A CASE that gives the state's position in <see cref="InOrder"/>.</summary>
    public static string Classify(Target target, string madeFrom) =>
        $"case {string.Join(' ', InOrder.Select((state, n) => $"when {Predicate(state, target, madeFrom)} then {n}"))} end";
}
