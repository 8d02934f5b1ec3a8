using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Rows;

/// <summary>A row near another.</summary>
/// <param name="Key">Its key as text.</param>
/// <param name="Distance">The cosine distance, from 0 (same direction) to 2.</param>
/// <param name="Start">The first <see cref="MostCharacters"/> characters of its text.</param>
/// <param name="IsCut">Whether the text goes on.</param>
public sealed record Neighbour(string Key, double Distance, string Start, bool IsCut)
{
    /// <summary>Characters of the text that are brought along.</summary>
    public const int MostCharacters = 300;
}

/// <summary>The rows nearest to one.</summary>
/// <param name="Rows">The nearest first; none when <paramref name="Why"/> says why.</param>
/// <param name="Why">Why there are none, as a sentence; null when there are.</param>
public sealed record NearestRows(IReadOnlyList<Neighbour> Rows, string? Why);

/// <summary>Finds the rows whose vectors point where a row's own does: what a search by this row's meaning would find.</summary>
public sealed class Neighbours(NpgsqlDataSource database)
{
    /// <summary>Rows that are looked for.</summary>
    public const int Most = 5;

    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The nearest rows by cosine, the row itself left out. With an index on the column they are what the index finds.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>: the role may not read the table.</exception>
    public async Task<NearestRows> FindAsync(Target target, string typed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (RowKey.Read(target, typed) is not { } key)
            return new([], "There is no such row.");
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using var command = session.Command(Sql(target), key);
            var rows = new List<Neighbour>(Most);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                // A vector without direction is as far from this one as from any other: from it there is no distance.
                if (!await reader.IsDBNullAsync(1, cancel) && double.IsFinite(reader.GetDouble(1)))
                    rows.Add(new(reader.GetString(0), reader.GetDouble(1), reader.GetString(2), reader.GetBoolean(3)));
            }

            return new(rows, rows.Count == 0 ? "No other row has a vector that this one's can be compared with." : null);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return new([], $"Comparing this vector with all others took longer than {StatementTimeout.TotalSeconds:0} s and was given up. An index on the column for cosine distance makes it quick.");
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    /// <summary>The statement; $1 is the key. The row's own vector is asked for first and by itself, so that an index can answer the order.</summary>
    private static string Sql(Target target)
    {
        var own = $"(select o.{target.Vector} from {target.Relation} o where o.{target.Key} = $1::{target.KeyType})";
        var distance = $"t.{target.Vector} operator({SqlName.Of(target.Facts.VectorSchema)}.<=>) {own}";
        // Only a column without a size can hold vectors of several lengths, and comparing two of them is an error.
        var comparable = target.Facts.Columns.Single(column => column.Name == target.Table.Vector).TypeModifier >= 1
            ? "true"
            : $"{target.Function("vector_dims")}(t.{target.Vector}) = (select {target.Function("vector_dims")}(o.{target.Vector}) from {target.Relation} o where o.{target.Key} = $1::{target.KeyType})";
        return $"""
            select n.key, n.distance, left(n.text, {Neighbour.MostCharacters}), char_length(n.text) > {Neighbour.MostCharacters}
              from (select t.{target.Key}::text as key, {distance} as distance, {target.Text.Expression} as text
                      from {target.Relation} t
                     where t.{target.Vector} is not null and t.{target.Key} <> $1::{target.KeyType} and {target.Filter} and {comparable}
                     order by {distance} limit {Most}) n
             order by n.distance
            """;
    }
}
