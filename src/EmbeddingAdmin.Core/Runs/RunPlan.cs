using System.Text.Json;
using System.Text.Json.Serialization;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>What a run was asked to do, frozen when it was started. A new option is a new property here.</summary>
public sealed record RunPlan
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The states whose rows are in scope; empty means every row (a verify run).</summary>
    public IReadOnlyList<CoverageState> Scope { get; init; } = [];

    /// <summary>The keys of the rows in scope, whatever their state; null when <see cref="Scope"/> says it.</summary>
    public IReadOnlyList<string>? Keys { get; init; }

    /// <summary>The run whose failures are the rows in scope, without those that were written since; null when <see cref="Scope"/> says it.</summary>
    public long? FailedIn { get; init; }

    /// <summary>The cause to which <see cref="FailedIn"/> is narrowed; null for all causes.</summary>
    public FailureCause? FailedAs { get; init; }

    /// <summary>The value of the table's owner column to which the scope is narrowed, as text; null for everybody's rows.</summary>
    public string? Owner { get; init; }

    /// <summary>At most so many rows are taken, in the order of their keys; null for all.</summary>
    public long? Limit { get; init; }

    /// <summary>How many rows a verification embeds again to compare the vectors; null when it sends no text.</summary>
    public int? Sample { get; init; }

    /// <summary>The provider's name, such as <c>local</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>Where the text goes.</summary>
    public required string Host { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>The vectors' length.</summary>
    public required int Dimensions { get; init; }

    /// <summary>The text recipe's identity; see <see cref="Text.SourceText.Recipe"/>.</summary>
    public required string Recipe { get; init; }

    /// <summary>The recipe's number among the column's recipes; null for a verify run, which makes no vector.</summary>
    public int? RecipeVersion { get; init; }

    /// <summary>The table when the run was planned; null in a plan that was made before shapes were kept.</summary>
    public TableShape? Shape { get; init; }

    /// <summary>How rows are written; <c>postgres</c> is the connection of the settings.</summary>
    public string Channel { get; init; } = "postgres";

    /// <summary>Rows per page, which is one request to the database and one row of the ledger; 1 to 2,048.</summary>
    public required int PageSize { get; init; }

    /// <summary>The pace that the run begins with, in rows per second; null for as fast as it goes.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>What a million tokens cost when the run was planned; null for a model without a price, and for the local one, which costs nothing.</summary>
    public ModelPrice? Price { get; init; }

    /// <summary>The fingerprint of what the updates set off, as it was agreed to at the start; null when they set off nothing. It is kept for the record and held to by nobody.</summary>
    public string? Neighbours { get; init; }

    /// <summary>The model that the provider named when it was tried before the run; null when it named none. A page that another one made is not stored.</summary>
    public string? AnswersAs { get; init; }

    /// <summary>The fingerprint of the provider's key when the run was planned; null when it had none. That another one was taken later is an event of the run.</summary>
    public string? KeyFingerprint { get; init; }

    /// <summary>The model as one value.</summary>
    [JsonIgnore]
    public EmbeddingModel MadeBy => new(Provider, Host, Model, Dimensions);

    /// <summary>Whether rows that hold a vector already are written again.</summary>
    [JsonIgnore]
    public bool Overwrites => Keys is not null || FailedIn is not null || Scope.Any(state => state is not (CoverageState.Missing or CoverageState.EmptySource));
}
