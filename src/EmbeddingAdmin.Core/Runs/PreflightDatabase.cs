using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>The steps of the preflight that ask the database's catalog.</summary>
public sealed class PreflightDatabase(NpgsqlDataSource database, DatabaseConnection connection)
{
    private const string NotStarted = "No run was started and no text was sent.";

    /// <summary>The way to the server, and whether the server will do.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.ServerTooOld"/>, <see cref="ErrorCodes.DatabaseStandby"/>, or <see cref="ErrorCodes.DatabaseReadOnly"/> for a run that writes.</exception>
    public async Task<PreflightFinding> ConnectionAsync(bool writes, CancellationToken cancel)
    {
        var server = await ServerFacts.ReadAsync(database, cancel);
        if (server.InRecovery || server.ReadOnly)
        {
            // A session keeps the setting that it began with, also when the restriction was lifted meanwhile.
            database.Clear();
            server = await ServerFacts.ReadAsync(database, cancel);
        }

        return Judge(server, connection, writes);
    }

    /// <summary>What row-level security and grants make of the connection's role.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>.</exception>
    public async Task<IReadOnlyList<PreflightFinding>> RoleAsync(PlannedStart start, bool writes, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(start);
        var target = start.Target;
        var table = $"{target.Table.Schema}.{target.Table.Table}";
        var role = await RoleFacts.ReadAsync(database, null, target.Facts.Oid, cancel)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableMissing, $"The table {table} is not there any more. {NotStarted}");
        if (role.Filtered)
            throw WriteRefusal.RowSecurity(table, role.Name);
        var reads = MissingGrants.Read(target, byOwner: start.Plan.Owner is not null);
        var missing = MissingGrants.Of(role, target, reads, writes);
        if (!missing.None)
        {
            throw new EmbeddingAdminException(
                ErrorCodes.Grant,
                $"The database role {role.Name} may not {(writes ? "update" : "read")} {table}: it lacks {missing.InWords}. {NotStarted} Grant it: {missing.Statement(target, role.Name)}"
                + (writes ? $" Or all that a run needs of the table: grant select, update ({target.Vector}) on {target.Relation} to {SqlName.Of(role.Name)};" : ""));
        }

        return
        [
            new(PreflightStep.Role, role switch
            {
                { Superuser: true } => $"The role {role.Name} is a superuser: row-level security does not hold for it.",
                { BypassesRowSecurity: true } => $"The role {role.Name} has BYPASSRLS: row-level security does not hold for it.",
                _ => $"The role {role.Name} is neither superuser nor has BYPASSRLS; row-level security does not hold for it on {table}{(target.Facts.RowSecurity ? ", which it owns" : ", where it is off")}.",
            }),
            Judge(target),
            new(PreflightStep.Privileges, $"{role.Name} may select {string.Join(", ", reads)}{(writes ? $" and update {target.Table.Vector}" : "")}: all that the run needs."),
        ];
    }

    /// <summary>The room that the vectors will take, the indexes on them, and how far the replicas are behind.</summary>
    public async Task<PreflightFinding> DiskAsync(Target target, StartCount count, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(count);
        // Of a replica that somebody else watches over, a role without the right sees that it is there and not how far it is.
        await using var command = database.CreateCommand(
            """
            select pg_database_size(current_database()), (select count(*) from pg_stat_replication),
                   (select max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn))::bigint from pg_stat_replication where replay_lsn is not null)
            """);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var disk = DiskEstimate.Of(target, count.Rows, reader.GetInt64(0), connection);
        var replicas = reader.GetInt64(1) switch
        {
            0 => "No replica is seen.",
            var seen when await reader.IsDBNullAsync(2, cancel) => $"{Replicas(seen)}, and this role may not see how far behind.",
            var seen => $"{Replicas(seen)}, at most {Room.Words(reader.GetInt64(2))} of the log behind.",
        };
        var indexes = count.Neighbours.All.Where(neighbour => neighbour.Kind == NeighbourKind.Index).Select(neighbour => neighbour.Name).ToList();
        return new(PreflightStep.Disk, $"{disk.Sentence} {(indexes.Count == 0 ? "No index is on the vector." : $"On the vector there is the index {string.Join(", ", indexes)}.")} {replicas}", disk.Code);
    }

    /// <summary>Judges what a server says of itself.</summary>
    internal static PreflightFinding Judge(ServerFacts server, DatabaseConnection connection, bool writes)
    {
        if (server.VersionNumber < ServerFacts.OldestVersion)
            throw new EmbeddingAdminException(ErrorCodes.ServerTooOld, $"The server is PostgreSQL {server.Version}, and at least {ServerFacts.OldestVersion / 10_000} is needed. {NotStarted} Upgrade the server.");
        if (server.InRecovery)
            throw new EmbeddingAdminException(ErrorCodes.DatabaseStandby, $"The server is a standby, which takes no writes. {NotStarted} Connect to the primary, then start again.");
        if (server.ReadOnly && writes)
            throw new EmbeddingAdminException(ErrorCodes.DatabaseReadOnly, $"The database is read-only. {NotStarted} Make room if its disk is full (Supabase makes such a project read-only) and lift the restriction, then start again.");
        var (way, code) = connection switch
        {
            { IsLoopback: true } => ("on this machine", null),
            { Verified: true } => ("encrypted, with the server's certificate verified", null),
            // What goes to another machine is always encrypted.
            _ => ("encrypted, and nobody checks with whom: set Database:RootCertificate", ErrorCodes.ServerUnverified),
        };
        return server.ReadOnly
            ? new(PreflightStep.Connection, $"PostgreSQL {server.Version}, {way}. It is read-only, which keeps the run waiting.", ErrorCodes.DatabaseReadOnly)
            : new(PreflightStep.Connection, $"PostgreSQL {server.Version}, {way}. It is no standby and takes writes.", code);
    }

    /// <summary>Says what the table is; one that cannot be used was refused when it was resolved.</summary>
    internal static PreflightFinding Judge(Target target)
    {
        var vector = target.Facts.Columns.Single(column => column.Name == target.Table.Vector);
        var kind = target.Facts.Kind == 'p' ? "a partitioned table" : "a table";
        return new(
            PreflightStep.Table,
            $"{target.Table.Schema}.{target.Table.Table} is {kind} with the key {target.KeyName} ({target.KeyType}{(target.Facts.PrimaryKey is [var only] && only == target.KeyName ? ", its primary key" : "")}); {vector.Name} is {vector.BaseType} of {target.Dimensions:N0} dimensions{(vector.TypeModifier < 1 ? ", which the column itself does not hold to" : "")}, not generated, and its type is in the schema {target.Facts.VectorSchema}.",
            vector.TypeModifier < 1 ? ErrorCodes.VectorWithoutSize : null);
    }

    private static string Replicas(long seen) => seen == 1 ? "1 replica follows" : $"{seen:N0} replicas follow";
}
