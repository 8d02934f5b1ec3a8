using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Tries by SQL what an identity can do to one row: in one transaction, which is always rolled back, it acts as the identity, looks for the row,
/// updates its vector, fires what was deferred, and reads the row again as the connection's role.
/// </summary>
public sealed class SqlProbe(NpgsqlDataSource database, TimeProvider clock)
{
    internal static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    /// <summary>The three answers for an identity that comes by SQL.</summary>
    /// <exception cref="NpgsqlException">The database does not answer, or refuses everybody; or the connection ended of an error, such as that the disk is full.</exception>
    public async Task<IReadOnlyList<AccessCell>> TryAsync(Target target, Identity who, AccessTry how, CancellationToken cancel) => (await TraceAsync(target, who, how, cancel)).Cells;

    /// <summary>The same with what was seen on the way.</summary>
    internal async Task<SqlTrace> TraceAsync(Target target, Identity who, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(how);
        if (how.Key is { } typed)
        {
            if (RowKey.Read(target, typed) is not { } key)
                return new(AccessAnswers.NotMeasured(who, $"No row can have the key {typed}: the keys of this table are of type {target.KeyType}.", clock)) { NoRow = true };
            how = how with { Key = key };
        }

        var own = (await RoleFacts.ReadAsync(database, null, target.Facts.Oid, cancel))!;
        var role = who.Role is null ? own : await RoleFacts.ReadAsync(database, who.Role, target.Facts.Oid, cancel);
        if (role is null)
            return new(AccessAnswers.NotMeasured(who, $"There is no role {who.Role} in this database.", clock));
        var answers = new AccessAnswers(who, role, target, clock);
        if (who.Role is not null && !role.MayBeTaken)
            return new(answers.NotMeasured($"The connection's role {own.Name} may not act as {role.Name}. To have it measured: grant {SqlName.Of(role.Name)} to {SqlName.Of(own.Name)};"));
        if (who.Kind == IdentityKind.Owner && target.Table.Owner is null && how.Owner is null)
            return new(answers.NotMeasured("The settings name no owner column for the table (Owner), so that nobody knows whose a row is."));
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        // With row_security off Postgres refuses a role that policies filter, and nothing could be tried.
        if (own.Filtered)
            await session.ExecuteAsync("set local row_security = on", cancel);
        try
        {
            if (await PickAsync(session, target, who, how, cancel) is var (key, owner))
                return await new SqlTrial(session, target, key, who.Role is null ? null : role, answers).RunAsync(Subject(who, how, owner), cancel);
            return new(own.Filtered && who.Kind == IdentityKind.Connection ? answers.NothingSeen(how.Key) : answers.NotMeasured(NoRow(who, how, own))) { NoRow = true };
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidObjectDefinition)
        {
            return who.Kind == IdentityKind.Connection
                ? new(answers.Unreadable(refused)) { Refusal = refused }
                : new(answers.NotMeasured($"The connection's role {own.Name} may not read the table, so that there is no row to try it on. Postgres says {refused.SqlState}: {refused.MessageText}."));
        }
    }

    private static string NoRow(Identity who, AccessTry how, RoleFacts own) => (own.Filtered, who.Kind == IdentityKind.Owner, how.Key) switch
    {
        (true, _, _) => $"Row-level security holds for the connection's role {own.Name}, which sees no such row to try it on.",
        (_, true, null) => "The table has no row that is somebody's to try it on.",
        (_, true, _) => $"The row {how.Key} is not there, or is nobody's, or somebody else's.",
        (_, _, null) => "The table has no row to try it on.",
        _ => $"The row {how.Key} is not there, or the table's filter leaves it out.",
    };

    /// <summary>As whom a signed-in user comes: the row's owner, or somebody that nobody is.</summary>
    private static string? Subject(Identity who, AccessTry how, string? owner) => who.Kind switch
    {
        IdentityKind.Owner => how.Owner ?? owner,
        IdentityKind.Stranger => Guid.NewGuid().ToString(),
        _ => null,
    };

    /// <summary>A row to try it on, locked where the connection's role may lock, so that nobody is waited for and nobody comes between.</summary>
    private static async Task<(string Key, string? Owner)?> PickAsync(TableSession session, Target target, Identity who, AccessTry how, CancellationToken cancel)
    {
        var owner = target.Table.Owner is { } column ? $"t.{SqlName.Of(column)}::text" : "null::text";
        var owned = who.Kind == IdentityKind.Owner && target.Table.Owner is not null ? $"and {owner} is not null and ($2 is null or {owner} = $2)" : "";
        var sql =
            $"""
            select t.{target.Key}::text, {owner} from {target.Relation} t
             where {target.Filter} and ($1 is null or t.{target.Key} = $1::{target.KeyType}) {owned} order by t.{target.Key} limit 1
            """;
        await session.Transaction.SaveAsync("pick", cancel);
        try
        {
            if (await ReadAsync($"{sql} for no key update skip locked") is { } free)
                return free;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.FeatureNotSupported)
        {
            await session.Transaction.RollbackAsync("pick", cancel);
        }

        // Where a row cannot be locked, because of a right or of a policy, one can still be looked at.
        return await ReadAsync(sql);

        async Task<(string, string?)?> ReadAsync(string query)
        {
            await using var command = session.Command(query, Text(how.Key), Text(how.Owner));
            await using var reader = await command.ExecuteReaderAsync(cancel);
            return await reader.ReadAsync(cancel) ? (reader.GetString(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1)) : null;
        }

        static NpgsqlParameter Text(string? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
    }
}
