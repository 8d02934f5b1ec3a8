using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>What the update that the original scripts sent was answered, and what it did.</summary>
/// <param name="Key">The row's key.</param>
/// <param name="Status">The HTTP status; 204 is what a script takes for success.</param>
/// <param name="ContentRange">The header that says how many rows were changed, which nobody reads: <c>*/*</c> is none.</param>
/// <param name="Unchanged">Whether the row is as it was, by a statement of our own.</param>
public sealed record BugShown(string Key, int Status, string ContentRange, bool Unchanged);

/// <summary>Shows on the demo why the original scripts wrote nothing: it sends their update with the anonymous key, and looks.</summary>
public sealed class OriginalBug(NpgsqlDataSource database, TableCatalog catalog, SupabaseApi api, IOptions<SupabaseOptions> supabase)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Whether the API and the anonymous key are there to show it with.</summary>
    public bool CanShow => supabase.Value is { Url: not null, AnonKey: not null };

    /// <summary>Sends the update and looks at the row. If the update should after all change it, the row is put back.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved, or has no row.</exception>
    public async Task<BugShown> ShowAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var target = await catalog.ResolveAsync(table, cancel);
        var before = await ReadAsync(target, null, cancel)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableMissing, $"{table.Schema}.{table.Table} has no row to show it on. Nothing was sent.");
        var vector = $"[{string.Join(',', Enumerable.Range(0, target.Dimensions).Select(n => n == 0 ? "1" : "0"))}]";
        var answer = await api.PatchAsync(target, before.Key, vector, onlyWhereMissing: false, supabase.Value.AnonKey!, strict: false, cancel);
        var after = await ReadAsync(target, before.Key, cancel);
        var unchanged = after?.Vector == before.Vector;
        if (!unchanged)
            await RestoreAsync(target, before, cancel);
        return new BugShown(before.Key, answer.Status, answer.ContentRange, unchanged);
    }

    private async Task<(string Key, string? Vector)?> ReadAsync(Target target, string? key, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(
            $"select t.{target.Key}::text, t.{target.Vector}::text from {target.Relation} t where {target.Filter} and ($1::text is null or t.{target.Key} = $1::text::{target.KeyType}) order by t.{target.Key} limit 1",
            new NpgsqlParameter { Value = key ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetString(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1)) : null;
    }

    private async Task RestoreAsync(Target target, (string Key, string? Vector) before, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(
            $"update {target.Relation} t set {target.Vector} = $2::text::{target.VectorType} where t.{target.Key} = $1::text::{target.KeyType}", before.Key,
            new NpgsqlParameter { Value = before.Vector ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancel);
        await session.Transaction.CommitAsync(cancel);
    }
}
