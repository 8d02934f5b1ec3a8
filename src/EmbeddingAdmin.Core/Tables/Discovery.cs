using Npgsql;

namespace EmbeddingAdmin.Tables;

/// <summary>A vector column that was found in the database.</summary>
public sealed record DiscoveredColumn
{
    /// <summary>The relation, as the catalog has it.</summary>
    public required TableFacts Facts { get; init; }

    /// <summary>The vector column.</summary>
    public required ColumnFacts Vector { get; init; }

    /// <summary>The names of the configured tables that have it already.</summary>
    public required IReadOnlyList<string> ConfiguredAs { get; init; }

    /// <summary>How it would be configured; <see cref="TableSettingsJson"/> writes it down. Its name is no other table's.</summary>
    public required EmbeddingTable Entry { get; init; }

    /// <summary>The column by which rows would be found again; null when there is none.</summary>
    public required ColumnFacts? Key { get; init; }

    /// <summary>The recipe that would be proposed; null when no column gives text.</summary>
    public required string? Recipe { get; init; }

    /// <summary>Why it cannot be used as it is; null when it can.</summary>
    public required EmbeddingAdminException? Fault { get; init; }

    /// <summary>The vector's length by the column's type; null when it has no size.</summary>
    public int? Dimensions => Vector.TypeModifier >= 1 ? Vector.TypeModifier : null;
}

/// <summary>Everything in the database that has to do with vectors.</summary>
/// <param name="Configured">The configured tables and what became of them, in the order of the settings.</param>
/// <param name="Found">Every vector column, those of <c>public</c> first.</param>
public sealed record Discovered(IReadOnlyList<Resolution> Configured, IReadOnlyList<DiscoveredColumn> Found);

/// <summary>
/// Finds every table with a column of type <c>vector</c> or <c>halfvec</c>, whatever schema it and the extension are in, by one query to
/// the catalog. Nothing of a row is read.
/// </summary>
public sealed class Discovery(NpgsqlDataSource database, TableCatalog catalog)
{
    private static readonly string[] Owners = ["user_id", "owner_id", "author_id", "owner"];

    /// <summary>Looks now.</summary>
    public async Task<Discovered> ReadAsync(CancellationToken cancel)
    {
        var all = await TableFactsReader.AllAsync(database, catalog.Tables, cancel);
        var slugs = new SlugBook(catalog.Tables.Select(table => table.Name));
        var found = all.SelectMany(facts => Columns(facts).Select(vector => Describe(facts, vector, slugs))).ToList();
        return new(await catalog.ResolveAllAsync(all, cancel), found);
    }

    private static IEnumerable<ColumnFacts> Columns(TableFacts facts) => facts.Columns.Where(column => column.BaseType is "vector" or "halfvec");

    private DiscoveredColumn Describe(TableFacts facts, ColumnFacts vector, SlugBook slugs)
    {
        var configured = catalog.Tables.Where(table => table.Schema == facts.Schema && table.Table == facts.Name && table.Vector == vector.Name).Select(table => table.Name).ToList();
        var key = Key(facts);
        var entry = new EmbeddingTable
        {
            Name = configured is [var known, ..] ? known : slugs.Take(facts.Schema, facts.Name, vector.Name, Columns(facts).Count() > 1),
            Schema = facts.Schema,
            Table = facts.Name,
            // The primary key is taken when nothing is said.
            Key = key is not null && facts.PrimaryKey is [var primary] && primary == key.Name ? null : key?.Name,
            Vector = vector.Name,
            Owner = Named(facts, Owners, column => column.BaseType is "uuid" or "int4" or "int8" or "text"),
            CreatedAt = facts.MadeAt?.Name,
        };
        return new DiscoveredColumn
        {
            Facts = facts,
            Vector = vector,
            ConfiguredAs = configured,
            Entry = entry,
            Key = key,
            Recipe = Text.RecipeProposal.Of(facts),
            Fault = catalog.WhyNot(entry, facts),
        };
    }

    /// <summary>The primary key when it is one column of a type that can be used, else the first unique column that is.</summary>
    private static ColumnFacts? Key(TableFacts facts) => facts.Columns
        .Where(column => TableProof.IsKeyType(column) && (facts.PrimaryKey is [var only] && only == column.Name || facts.UniqueColumns.Contains(column.Name, StringComparer.Ordinal)))
        .OrderBy(column => !facts.PrimaryKey.Contains(column.Name, StringComparer.Ordinal) || facts.PrimaryKey.Count > 1)
        .FirstOrDefault();

    private static string? Named(TableFacts facts, string[] names, Func<ColumnFacts, bool> fits) =>
        names.FirstOrDefault(name => facts.Columns.Any(column => column.Name == name && fits(column)));
}
