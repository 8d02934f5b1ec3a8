using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Rows;

/// <summary>
/// Picks a row at random. Of a large table a few blocks are read, and a row of these is taken: near enough for a spot check, and quick.
/// </summary>
public sealed class RandomRow(NpgsqlDataSource database)
{
    private const double SmallTable = 5_000;
    private const double SampledRows = 500;
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The key of a row that counts, another one than <paramref name="except"/>; null when none was found.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>: the role may not read the table.</exception>
    public async Task<string?> PickAsync(Target target, string? except, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        var other = except is null ? null : RowKey.Read(target, except);
        try
        {
            foreach (var percent in Percents(target.Facts.EstimatedRows))
            {
                if (await TryAsync(target, other, percent, cancel) is { } key)
                    return key;
            }
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }

        return null;
    }

    /// <summary>The shares of the table that are tried, in percent, one after the other; null reads all of it.</summary>
    private static IEnumerable<double?> Percents(double rows) => rows switch
    {
        // Never analysed: it may be anything.
        < 0 => [1, null],
        < SmallTable => [null],
        // A filter, or blocks whose rows were deleted, may leave nothing of the first.
        _ => [100 * SampledRows / rows, Math.Min(100, 2_000 * SampledRows / rows), null],
    };

    private async Task<string?> TryAsync(Target target, string? other, double? percent, CancellationToken cancel)
    {
        var sample = percent is null ? "" : $"tablesample system ({percent.Value.ToString("0.########", System.Globalization.CultureInfo.InvariantCulture)})";
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(
            $"select t.{target.Key}::text from {target.Relation} t {sample} where {target.Filter} {(other is null ? "" : $"and t.{target.Key} <> $1::{target.KeyType}")} order by random() limit 1",
            other is null ? [] : [other]);
        try
        {
            return (string?)await command.ExecuteScalarAsync(cancel);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return null;
        }
    }
}
