using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Text;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>What became of a configured table: a target, or the fault that keeps it from being one.</summary>
/// <param name="Table">The table as it is configured.</param>
/// <param name="Target">The table as the catalog has it; null when it cannot be used.</param>
/// <param name="Fault">Why it cannot be used; null when it can.</param>
public sealed record Resolution(EmbeddingTable Table, Target? Target, EmbeddingAdminException? Fault);

/// <summary>Resolves configured tables against <c>pg_catalog</c>.</summary>
public sealed class TableCatalog(NpgsqlDataSource database, IReadOnlyList<EmbeddingTable> tables, RecipeBook recipes, IOptions<EmbeddingOptions> embeddings)
{
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
        var facts = await FactsAsync(table, cancel);
        var versions = tried is null ? await Recipes.ReadAsync([table.ColumnName], cancel) : RecipeVersions.None;
        var target = Resolve(table, facts, versions, tried);
        await RefuseFilterAsync(target, cancel);
        return target;
    }

    /// <summary>Resolves every configured table: the facts of all are one query, and their recipes another.</summary>
    public async Task<IReadOnlyList<Resolution>> ResolveAllAsync(CancellationToken cancel) =>
        await ResolveAllAsync(await TableFactsReader.AllAsync(database, Tables, cancel), cancel);

    /// <summary>What the catalog says of the table, whatever its recipe is.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.TableMissing"/> or <see cref="ErrorCodes.VectorExtension"/>.</exception>
    public Task<TableFacts> FactsAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        return TableFactsReader.ReadAsync(database, table.Schema, table.Table, cancel);
    }

    internal async Task<IReadOnlyList<Resolution>> ResolveAllAsync(IReadOnlyList<TableFacts> known, CancellationToken cancel)
    {
        var versions = await Recipes.ReadAsync([.. Tables.Select(table => table.ColumnName)], cancel);
        var all = new List<Resolution>(Tables.Count);
        foreach (var table in Tables)
        {
            try
            {
                var facts = known.FirstOrDefault(facts => facts.Schema == table.Schema && facts.Name == table.Table)
                    ?? throw await TableFactsReader.MissingAsync(database, table.Schema, table.Table, cancel);
                var target = Resolve(table, facts, versions, null);
                await RefuseFilterAsync(target, cancel);
                all.Add(new(table, target, null));
            }
            catch (EmbeddingAdminException fault)
            {
                all.Add(new(table, null, fault));
            }
        }

        return all;
    }

    /// <summary>Why a table could not be used if it were configured like this; null when it could.</summary>
    internal EmbeddingAdminException? WhyNot(EmbeddingTable table, TableFacts facts)
    {
        try
        {
            TableProof.Prove(table, facts, embeddings.Value.Dimensions);
            return null;
        }
        catch (EmbeddingAdminException fault)
        {
            return fault;
        }
    }

    /// <summary>
    /// The table as if it could be written, whatever it is, to try what then happens; nothing but a trial that is rolled back may use it. Null
    /// when not even that can be tried.
    /// </summary>
    /// <param name="table">The table as it is configured.</param>
    /// <param name="key">The column to take for the key.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task<Target?> AssumeAsync(EmbeddingTable table, string key, CancellationToken cancel)
    {
        try
        {
            var facts = await FactsAsync(table, cancel);
            var columns = facts.Columns.Select(column => column with { Generated = false }).ToList();
            return Resolve(table with { Key = key, Filter = null }, facts with { Kind = 'r', PrimaryKey = [key], UniqueColumns = [key], Columns = columns }, RecipeVersions.None, TextRecipe.Name(key));
        }
        catch (EmbeddingAdminException)
        {
            return null;
        }
    }

    private Target Resolve(EmbeddingTable table, TableFacts facts, RecipeVersions versions, string? tried)
    {
        var (key, vector, dimensions) = TableProof.Prove(table, facts, embeddings.Value.Dimensions);
        var recipe = tried is not null
            ? new RecipeInForce(tried, RecipeOrigin.Proposed)
            : versions.InForce(table, template => Compile(template).Recipe)
                ?? new RecipeInForce(
                    RecipeProposal.Of(facts) ?? throw new EmbeddingAdminException(ErrorCodes.RecipeColumn, $"{table.Schema}.{table.Table} has no column that gives text, so no recipe can be proposed. Nothing was read or written. Name one in Text in the settings."),
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
            Dimensions = dimensions,
            Filter = RowFilter.Compile(table, facts),
            Text = Compile(recipe.Template),
            Recipe = recipe,
        };

        SourceText Compile(string template) => SourceText.Compile(TextRecipe.Parse(template), table, facts);
    }

    /// <summary>Lets Postgres judge the filter's values: it reads them before it reads any row.</summary>
    private async Task RefuseFilterAsync(Target target, CancellationToken cancel)
    {
        if (target.Table.Filter is null)
            return;
        try
        {
            await using var command = database.CreateCommand($"select from {target.Relation} t where {target.Filter} limit 0");
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.DatatypeMismatch || refused.SqlState.StartsWith("22", StringComparison.Ordinal))
        {
            throw new EmbeddingAdminException(ErrorCodes.TableFilter, $"The filter of {target.Table.Name} does not fit its columns: {refused.MessageText}. Nothing was read or written. Mend Filter in the settings.", refused);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Who may read the table is said where its rows are read.
        }
    }
}
