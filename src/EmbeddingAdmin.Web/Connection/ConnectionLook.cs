using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>Looks at everything that the dashboard is connected with. It reads the catalog and the settings, and writes nothing anywhere.</summary>
internal sealed class ConnectionLook(NpgsqlDataSource database, PoolerProbe pooler, TableCatalog catalog, SettingsReport settings, KeyRing keys, IOptionsMonitor<EmbeddingOptions> provider, TimeProvider clock)
{
    private static readonly PageLink ToAccess = new("/access", "What each key can really do");

    /// <summary>Looks now. What is wrong in the world outside is a finding and no exception.</summary>
    public async Task<ConnectionReport> LookAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Check> server, tables;
        var refused = false;
        try
        {
            server = DatabaseChecks.Of(settings.Connection, await ServerFacts.ReadAsync(database, cancellationToken), await pooler.LookAsync(cancellationToken));
            tables = await TablesAsync(cancellationToken);
        }
        catch (NpgsqlException fault)
        {
            refused = DatabaseFaults.IsRefusal(fault);
            server = DatabaseChecks.Of(settings.Connection, DatabaseFaults.Explain(fault, settings.Connection)!);
            tables = [.. catalog.Tables.Select(table => new Check(Mark.Note, table.Name, "not known", "The database has to answer first."))];
        }

        var known = keys.Report();
        return new(
            [
                new("Database", server),
                new("Tables", tables),
                new("Supabase API", ApiChecks.Of(settings.Project, known), ToAccess),
                new("Provider", ProviderChecks.Of(provider.CurrentValue, known.Single(key => key.Setting == KeySetting.Provider), clock)),
                new("Settings", SettingsChecks(settings)),
            ],
            refused,
            clock.GetUtcNow());
    }

    private async Task<IReadOnlyList<Check>> TablesAsync(CancellationToken cancel)
    {
        var checks = new List<Check>();
        foreach (var table in catalog.Tables)
        {
            var column = $"{table.Schema}.{table.Table}.{table.Vector}";
            try
            {
                var target = await catalog.ResolveAsync(table, cancel);
                checks.Add(new(Mark.Right, table.Name, column, $"{Components.Amount.Of(target.Dimensions)} dimensions; key {target.KeyName}, {target.KeyType}."));
            }
            catch (EmbeddingAdminException fault)
            {
                checks.Add(Check.Of(table.Name, column, fault));
            }
        }

        return checks.Count > 0 ? checks : [new(Mark.Note, "Tables", "none", "No table is configured. Name the tables and their vector columns in the settings.")];
    }

    // What a key is, is said beside the key, and is another one's when it was replaced.
    private static IReadOnlyList<Check> SettingsChecks(SettingsReport settings) => settings.Warnings.Where(warning => !warning.Code.StartsWith("EA-KEY", StringComparison.Ordinal)).ToList() is { Count: > 0 } warnings
        ? [.. warnings.Select(warning => new Check(Mark.Note, warning.Setting, warning.Sentence, Code: warning.Code))]
        : [new(Mark.Right, "Warnings", "none")];
}
