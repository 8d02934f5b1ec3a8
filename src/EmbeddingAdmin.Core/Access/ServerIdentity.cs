using System.Globalization;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Which database this is. A server keeps its number for life; after a fail-over or a restore to an earlier moment it counts its time anew.
/// </summary>
/// <param name="System">The server's number (<c>system_identifier</c>); null when the role may not know it.</param>
/// <param name="Database">The database's oid.</param>
/// <param name="Timeline">The server's timeline in hexadecimal; null when the role may not know it.</param>
public sealed record ServerIdentity(string? System, string Database, string? Timeline)
{
    private const string Unknown = "-";

    private const string OfSystem = "(select system_identifier::text from pg_control_system())";

    // The name of a segment of the log begins with the timeline, and changes with a fail-over at once; that of the last checkpoint does so later.
    private const string OfTimeline = "case when pg_is_in_recovery() then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end";

    private const string OfDatabase = "(select oid::text from pg_database where datname = current_database())";

    /// <summary>The SQL that gives system, database and timeline again, as far as they are known, so that the role may ask.</summary>
    internal string Columns => $"{(System is null ? "null::text" : OfSystem)}, {OfDatabase}, {(Timeline is null ? "null::text" : OfTimeline)}";

    /// <summary>Asks the server.</summary>
    public static async Task<ServerIdentity> ReadAsync(NpgsqlDataSource database, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(database);
        // One by one: a function that the role may not call fails its whole statement.
        return new(await OneAsync(OfSystem), await OneAsync(OfDatabase) ?? Unknown, await OneAsync(OfTimeline));

        async Task<string?> OneAsync(string sql)
        {
            try
            {
                await using var command = database.CreateCommand($"select {sql}");
                return await command.ExecuteScalarAsync(cancel) as string;
            }
            catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedFunction)
            {
                return null;
            }
        }
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static ServerIdentity Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('/');
        return new(Known(parts[0]), parts.ElementAtOrDefault(1) ?? Unknown, Known(parts.ElementAtOrDefault(2)));

        static string? Known(string? part) => part is null or Unknown ? null : part;
    }

    /// <summary>What <paramref name="now"/> is to this one, in words; null when it is the same as far as both are known.</summary>
    public string? Unlike(ServerIdentity now)
    {
        ArgumentNullException.ThrowIfNull(now);
        if (System is not null && now.System is not null && System != now.System)
            return "another server";
        if (Database != now.Database)
            return "another database, or one that was dropped and made again";
        return Timeline is not null && now.Timeline is not null && Timeline != now.Timeline
            ? $"the same server after a fail-over or a restore to an earlier moment (timeline {Number(Timeline)} then, {Number(now.Timeline)} now)"
            : null;
    }

    /// <summary>All three, joined by slashes.</summary>
    public override string ToString() => $"{System ?? Unknown}/{Database}/{Timeline ?? Unknown}";

    private static string Number(string timeline) =>
        uint.TryParse(timeline, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) ? number.ToString(CultureInfo.InvariantCulture) : timeline;
}

/// <summary>The database is another than the one that a run worked on.</summary>
internal sealed class ServerChangedException(string unlike, ServerIdentity now) : Exception(
    $"The database is another than the one that the run worked on: {unlike}. Nothing more was written; what was written before stays there. "
    + "Make sure that it is the right one and holds what was written, then resume: that confirms it.")
{
    public ServerIdentity Now { get; } = now;
}
