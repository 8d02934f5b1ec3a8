using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using EmbeddingAdmin.Testing;
using Npgsql;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>A table as SQL has it, past the app.</summary>
internal sealed class TableFacts
{
    private readonly NpgsqlDataSource _database;
    private readonly Target _target;

    private TableFacts(NpgsqlDataSource database, Target target) => (_database, _target) = (database, target);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static Task<TableFacts> OfAsync(Demo demo, string table) => OfAsync(demo.Database, table);

    /// <summary>The table that a fleet embeds.</summary>
    public static Task<TableFacts> OfAsync(Fleet fleet) => OfAsync(fleet.Database.DataSource, Fleet.Table);

    /// <summary>A table that no setting names: its recipe is the one that was confirmed.</summary>
    public static async Task<TableFacts> OfAsync(OwnProject project, string table)
    {
        var catalog = new TableCatalog(project.Database, EmbeddingTable.Defaults, new RecipeBook(project.Database), Options.Create(new EmbeddingOptions()));
        return new(project.Database, await catalog.ResolveAsync(catalog.Find(table)!, Cancel));
    }

    public Task<long> TotalAsync() => CountAsync("true");

    public Task<long> EmbeddedAsync() => CountAsync($"t.{_target.Vector} is not null");

    public Task<long> MissingAsync() => CountAsync($"t.{_target.Vector} is null and {_target.Text.Expression} <> ''");

    public Task<long> NothingToEmbedAsync() => CountAsync($"{_target.Text.Expression} = ''");

    /// <summary>The UTF-8 bytes of all texts.</summary>
    public Task<long> TextBytesAsync() => ScalarAsync<long>($"select sum(octet_length({_target.Text.Expression})) from {_target.Relation} t");

    /// <summary>The text of a row.</summary>
    public Task<string> TextAsync(string key) => ScalarAsync<string>($"select {_target.Text.Expression} from {_target.Relation} t where t.{_target.Key} = $1::uuid", key);

    /// <summary>Whether a row has no vector.</summary>
    public Task<bool> IsEmptyAsync(string key) => ScalarAsync<bool>($"select t.{_target.Vector} is null from {_target.Relation} t where t.{_target.Key} = $1::uuid", key);

    /// <summary>The sum of one outcome over a run's ledger.</summary>
    public Task<long> LedgerAsync(long run, string outcome) => ScalarAsync<long>($"select coalesce(sum({outcome}), 0)::bigint from embedding_admin.batch where run = $1", run);

    /// <summary>Every row, with the text that its vector should have been made from. A row without text needs none.</summary>
    public async Task<IReadOnlyList<StoredRow>> RowsAsync()
    {
        await using var command = _database.CreateCommand($"select t.{_target.Key}::text, {_target.Text.Expression}, t.{_target.Vector}::real[] from {_target.Relation} t");
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<StoredRow>();
        while (await reader.ReadAsync(Cancel))
            rows.Add(new(reader.GetString(0), reader.GetString(1), await reader.IsDBNullAsync(2, Cancel) ? null : reader.GetFieldValue<float[]>(2)));
        return rows;
    }

    private static async Task<TableFacts> OfAsync(NpgsqlDataSource database, string table)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(EmbeddingAdmin.Local.DemoTables.Settings).Build();
        var catalog = new TableCatalog(database, TableSettings.Read(settings).Tables, new RecipeBook(database), Options.Create(new EmbeddingOptions()));
        return new(database, await catalog.ResolveAsync(catalog.Find(table)!, Cancel));
    }

    private Task<long> CountAsync(string condition) => ScalarAsync<long>($"select count(*) from {_target.Relation} t where {condition}");

    private async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = _database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync(Cancel))!;
    }
}
