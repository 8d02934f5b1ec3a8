using System.Collections.Concurrent;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Answers who can do what to a table by trying: statements that are rolled back, and requests that change no value. Facts that only look like
/// rights (a key's name, a count, RETURNING) are not believed.
/// </summary>
public sealed class AccessProbe(NpgsqlDataSource database, TableCatalog catalog, SqlProbe sql, ApiProbe api)
{
    private readonly ConcurrentDictionary<string, AccessMatrix> _measured = new(StringComparer.Ordinal);

    /// <summary>The last matrix of a table, or null.</summary>
    public AccessMatrix? Latest(string table) => _measured.GetValueOrDefault(table);

    /// <summary>Measures every identity.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public async Task<AccessMatrix> MeasureAsync(EmbeddingTable table, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var target = await catalog.ResolveAsync(table, cancel);
        var cells = new List<AccessCell>();
        foreach (var who in Identity.All)
            cells.AddRange(await TryAsync(target, who, how, cancel));
        return _measured[table.Name] = new(table.Name, await RoleAsync(target, cancel), cells, cells.Max(cell => cell.AsOf));
    }

    /// <summary>The three answers of one identity.</summary>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public Task<IReadOnlyList<AccessCell>> TryAsync(Target target, Identity who, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(who);
        return who.Way == Way.Sql ? sql.TryAsync(target, who, how, cancel) : api.TryAsync(target, who, how, cancel);
    }

    /// <summary>The canary: an update of one row by the connection's role, read in a second statement, deferred triggers fired, and rolled back.</summary>
    /// <returns>The role, and that the change sticks, or the first answer on the way there that is no yes.</returns>
    public async Task<(string Role, AccessCell Answer)> CanaryAsync(Target target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        var cells = await TryAsync(target, Identity.Connection, new(), cancel);
        return (await RoleAsync(target, cancel), cells.FirstOrDefault(cell => cell.Answer != AccessAnswer.Yes) ?? cells[^1]);
    }

    private async Task<string> RoleAsync(Target target, CancellationToken cancel) => (await RoleFacts.ReadAsync(database, null, target.Facts.Oid, cancel))?.Name ?? "";
}
