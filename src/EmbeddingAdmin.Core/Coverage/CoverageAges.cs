using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Coverage;

/// <summary>The rows of one month of creation.</summary>
/// <param name="Month">Its first day, in UTC; null for rows that do not say when they were made.</param>
/// <param name="Rows">The rows that count.</param>
/// <param name="Embedded">Of these, those with a vector.</param>
public sealed record CoverageMonth(DateOnly? Month, long Rows, long Embedded);

/// <summary>How coverage differs with the rows' age.</summary>
/// <param name="Column">The column that says when a row was made; null when there is none.</param>
/// <param name="Months">By month of creation, the oldest first, rows without a date last.</param>
/// <param name="OldestMissing">When the oldest row was made that has text and no vector; null when there is none, or nobody knows.</param>
/// <param name="AsOf">When it was counted, by the database's clock.</param>
/// <param name="Why">Why there is nothing, as a sentence; null when there is.</param>
public sealed record CoverageAge(string? Column, IReadOnlyList<CoverageMonth> Months, DateTimeOffset? OldestMissing, DateTimeOffset AsOf, string? Why);

/// <summary>Counts coverage by the month in which rows were made.</summary>
public sealed class CoverageAges(NpgsqlDataSource database, TableCatalog catalog, TimeProvider clock)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Coverage by month, and the age of the oldest row that is missing.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved or read.</exception>
    public async Task<CoverageAge> ReadAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var target = await catalog.ResolveAsync(table, cancel);
        if (target.MadeAt is not { } column)
            return None(null, $"No column says when a row of {table.Name} was made. Name one as CreatedAt in its entry under Tables.");
        var made = $"t.{SqlName.Of(column.Name)}";
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using var command = session.Command(
                $"""
                select date_trunc('month', {made}::timestamptz at time zone 'UTC')::date, count(*), count(t.{target.Vector}),
                       min({made}::timestamptz) filter (where case when t.{target.Vector} is null then not {target.Text.IsBlank} end), statement_timestamp()
                  from {target.Relation} t where {target.Filter} and ({made} is null or isfinite({made})) group by 1 order by 1
                """);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var months = new List<CoverageMonth>();
            DateTimeOffset? oldest = null;
            var at = clock.GetUtcNow();
            while (await reader.ReadAsync(cancel))
            {
                months.Add(new(await reader.IsDBNullAsync(0, cancel) ? null : reader.GetFieldValue<DateOnly>(0), reader.GetInt64(1), reader.GetInt64(2)));
                if (!await reader.IsDBNullAsync(3, cancel) && (oldest is null || reader.GetFieldValue<DateTimeOffset>(3) < oldest))
                    oldest = reader.GetFieldValue<DateTimeOffset>(3);
                at = reader.GetFieldValue<DateTimeOffset>(4);
            }

            return new(column.Name, months, oldest, at, months.Count == 0 ? "There are no rows." : null);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return None(column.Name, $"Counting by month took longer than {StatementTimeout.TotalSeconds:0} s and was given up.");
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Access.WriteRefusal.Explain(target, refused);
        }

        CoverageAge None(string? name, string why) => new(name, [], null, clock.GetUtcNow(), why);
    }
}
