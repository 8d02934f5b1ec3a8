using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Text;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>Resolves configured tables against <c>pg_catalog</c>.</summary>
public sealed class TableCatalog(NpgsqlDataSource database, IReadOnlyList<EmbeddingTable> tables, RecipeBook recipes, IOptions<EmbeddingOptions> embeddings)
{
    private static readonly string[] KeyTypes = ["uuid", "int4", "int8", "text"];

    /// <summary>The configured tables, in the order of the configuration.</summary>
    public IReadOnlyList<EmbeddingTable> Tables { get; } = tables;

    /// <summary>The versions of the tables' recipes.</summary>
    public RecipeBook Recipes { get; } = recipes;

    /// <summary>The configured table of that name, or null.</summary>
    public EmbeddingTable? Find(string name) => Tables.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal));

    /// <summary>Reads the catalog and resolves <paramref name="table"/>, with its recipe, or with a proposed one when nobody has confirmed any.</summary>
    /// <exception cref="EmbeddingAdminException">
    /// <see cref="ErrorCodes.TableMissing"/>, <see cref="ErrorCodes.VectorColumn"/>, <see cref="ErrorCodes.VectorExtension"/>,
    /// <see cref="ErrorCodes.VectorWithoutSize"/>, <see cref="ErrorCodes.TableKind"/>, <see cref="ErrorCodes.TableKey"/>,
    /// <see cref="ErrorCodes.RecipeColumn"/>, <see cref="ErrorCodes.TableFilter"/> or <see cref="ErrorCodes.TableColumn"/>.
    /// </exception>
    public Task<Target> ResolveAsync(EmbeddingTable table, CancellationToken cancel) => ResolveAsync(table, null, cancel);

    /// <summary>Resolves <paramref name="table"/> with a recipe that somebody tries out: nothing of it is stored.</summary>
    /// <exception cref="EmbeddingAdminException">As for the other.</exception>
    public async Task<Target> ResolveAsync(EmbeddingTable table, string? tried, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var facts = await TableFactsReader.ReadAsync(database, table.Schema, table.Table, cancel);
        var name = $"{table.Schema}.{table.Table}";
        if (WhyNotWritable(facts.Kind) is { } why)
            throw new EmbeddingAdminException(ErrorCodes.TableKind, $"{name} is {why}. Nothing was read or written. Name the table that stands behind it.");
        var key = Key(table, facts, name);
        var vector = Vector(table, facts, name);
        foreach (var other in new[] { table.Owner, table.CreatedAt }.OfType<string>().Where(other => facts.Columns.All(c => c.Name != other)))
            throw new EmbeddingAdminException(ErrorCodes.TableColumn, $"The settings of {table.Name} name the column {other}, which {name} does not have. Nothing was read or written.{NearMatch.Sentence(other, facts.Columns.Select(c => c.Name))}");

        var recipe = tried is not null
            ? new RecipeInForce(tried, RecipeOrigin.Proposed)
            : await Recipes.InForceAsync(table, ColumnName(table), template => Compile(template).Recipe, cancel)
                ?? new RecipeInForce(
                    RecipeProposal.Of(facts) ?? throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"{name} has no column that gives text, so no recipe can be proposed. Nothing was read or written. Name one in Text in the settings."),
                    RecipeOrigin.Proposed);
        return new Target
        {
            Table = table,
            Facts = facts,
            Relation = SqlName.Of(table.Schema, table.Table),
            Key = SqlName.Of(key.Name),
            KeyName = key.Name,
            KeyType = key.Type,
            Vector = SqlName.Of(vector.Name),
            VectorType = SqlName.Of(facts.VectorSchema, vector.BaseType),
            HalfPrecision = vector.BaseType == "halfvec",
            Dimensions = vector.TypeModifier >= 1 ? vector.TypeModifier : embeddings.Value.Dimensions
                ?? throw new EmbeddingAdminException(ErrorCodes.VectorWithoutSize, $"{name}.{vector.Name} is a {vector.BaseType} without a size. Nothing was written. Set Embeddings:Dimensions, or give the column its size: alter table {SqlName.Of(table.Schema, table.Table)} alter column {SqlName.Of(vector.Name)} type {SqlName.Of(facts.VectorSchema, vector.BaseType)}(1536);"),
            Filter = RowFilter.Compile(table, facts),
            Text = Compile(recipe.Template),
            Recipe = recipe,
        };

        SourceText Compile(string template) => SourceText.Compile(TextRecipe.Parse(template), table, facts);
    }

    private static string ColumnName(EmbeddingTable table) => $"{table.Schema}.{table.Table}.{table.Vector}";

    private static string? WhyNotWritable(char kind) => kind switch
    {
        'r' or 'p' => null,
        'v' => "a view: whether an update reaches a row, and whose rights count, is decided behind it",
        'm' => "a materialized view, which cannot be updated",
        'f' => "a foreign table: its rows are in another database, where nothing can be locked or proved",
        _ => "not a table",
    };

    private static ColumnFacts Key(EmbeddingTable table, TableFacts facts, string name)
    {
        if (table.Key is { } named && !facts.UniqueColumns.Contains(named, StringComparer.Ordinal))
        {
            throw new EmbeddingAdminException(ErrorCodes.TableKey, facts.Columns.Any(c => c.Name == named)
                ? $"The key {name}.{named} is not unique and not null by itself. Rows are found again by it; nothing was read or written. Name another column in Key, or add a unique constraint and NOT NULL."
                : $"The settings of {table.Name} name the key {named}, which {name} does not have. Nothing was read or written.{NearMatch.Sentence(named, facts.Columns.Select(c => c.Name))}");
        }

        var keyName = table.Key ?? (facts.PrimaryKey is [var only] ? only : null)
            ?? throw new EmbeddingAdminException(
                ErrorCodes.TableKey,
                $"{name} has {(facts.PrimaryKey.Count == 0 ? "no primary key" : $"a primary key of several columns ({string.Join(", ", facts.PrimaryKey)})")}. Rows are found again by a key of one column; nothing was read or written. "
                + (facts.UniqueColumns.Count > 0 ? $"Name a unique column in Key; there is {string.Join(", ", facts.UniqueColumns)}." : "Add a column that is unique and not null, and name it in Key."));
        var key = facts.Columns.Single(c => c.Name == keyName);
        return KeyTypes.Contains(key.BaseType, StringComparer.Ordinal) ? key
            : throw new EmbeddingAdminException(ErrorCodes.TableKey, $"The key {name}.{key.Name} is {key.Type}. Keys of type uuid, int, bigint and text can be used; nothing was read or written.");
    }

    private static ColumnFacts Vector(EmbeddingTable table, TableFacts facts, string name)
    {
        var vector = facts.Columns.FirstOrDefault(c => c.Name == table.Vector)
            ?? throw new EmbeddingAdminException(ErrorCodes.VectorColumn, $"{name} has no column {table.Vector}. Nothing was written. Add it with: alter table {SqlName.Of(table.Schema, table.Table)} add column {SqlName.Of(table.Vector)} {SqlName.Of(facts.VectorSchema, "vector")}(1536);{NearMatch.Sentence(table.Vector, facts.Columns.Select(c => c.Name))}");
        return vector.BaseType is "vector" or "halfvec" && !vector.Generated ? vector
            : throw new EmbeddingAdminException(ErrorCodes.VectorColumn, $"{name}.{vector.Name} is {(vector.Generated ? "a generated column" : vector.Type)}, not a vector column that can be written. Nothing was written. Name a column of type vector or halfvec in Vector.");
    }
}
