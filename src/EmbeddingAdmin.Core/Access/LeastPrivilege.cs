using EmbeddingAdmin.Access.Privileges;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Compares the connection's role with what this program really does: it reads the columns that texts are made of, writes vectors, and keeps its own
/// records. It asks the catalog alone and changes nothing.
/// </summary>
public sealed class LeastPrivilege(NpgsqlDataSource database, TableCatalog catalog)
{
    /// <summary>What the role lacks, what it has too much, and the statements for a role that has neither.</summary>
    public async Task<PrivilegeReport> ReadAsync(CancellationToken cancel)
    {
        var resolved = await catalog.ResolveAllAsync(cancel);
        var targets = resolved.Select(table => table.Target).OfType<Target>().ToList();
        var rights = await RoleRights.ReadAsync(database, targets, cancel);
        var tables = new List<TableUse>(targets.Count);
        foreach (var columns in targets.GroupBy(target => target.Facts.Oid))
        {
            // A table that was dropped right now is looked at the next time.
            if (rights.Tables.FirstOrDefault(table => table.Oid == columns.Key) is { } known && await RoleFacts.ReadAsync(database, null, columns.Key, cancel) is { } facts)
                tables.Add(new([.. columns], known, facts));
        }

        return new(rights.Name, [.. MissingRights.Of(rights, tables)], [.. SuperfluousRights.Of(rights, tables)], WriterRole.Sql(rights, tables))
        {
            LeftOut = [.. resolved.Where(table => table.Fault is not null).Select(table => (table.Table.Name, table.Fault!.Code))],
        };
    }
}
