using EmbeddingAdmin.Access.Api;
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
public sealed class OriginalBug(NpgsqlDataSource database, TableCatalog catalog, SupabaseApi api, IOptionsMonitor<SupabaseOptions> settings)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Whether the API and the anonymous key are there to show it with.</summary>
    public bool CanShow => settings.CurrentValue is { Url: not null, AnonKey: not null };

    /// <summary>Sends the update and looks at the row. If the update should after all change it, the row is put back.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved, or has no row; or the API does not answer.</exception>
    public async Task<BugShown> ShowAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var target = await catalog.ResolveAsync(table, cancel);
        var rows = new SampleRows(database, target, filtered: false);
        var before = await rows.PickAsync(null, cancel)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableMissing, $"{table.Schema}.{table.Table} has no row to show it on, or a run is writing them. Nothing was sent.");
        var now = settings.CurrentValue;
        var vector = $"[{string.Join(',', Enumerable.Range(0, target.Dimensions).Select(n => n == 0 ? "1" : "0"))}]";
        var request = ApiRequest.AsTheScripts(target, before.Key, vector, new(now.Url!, now.AnonKey!));
        var answer = await api.SendAsync(request, cancel);
        var unchanged = (await rows.AgainAsync(before.Key, cancel))?.Vector == before.Vector;
        if (!unchanged)
            await RestoreAsync(target, before, cancel);
        return answer.Status > 0 ? new BugShown(before.Key, answer.Status, answer.ContentRange, unchanged) : throw new EmbeddingAdminException(ErrorCodes.ApiUnreachable, ApiMeaning.Of(request, answer).Sentence);
    }

    private async Task RestoreAsync(Target target, RowSeen before, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(
            $"update {target.Relation} t set {target.Vector} = $2::text::{target.VectorType} where t.{target.Key} = $1::text::{target.KeyType}", before.Key,
            new NpgsqlParameter { Value = before.Vector ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancel);
        await session.Transaction.CommitAsync(cancel);
    }
}
