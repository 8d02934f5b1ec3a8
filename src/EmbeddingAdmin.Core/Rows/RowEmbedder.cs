using System.Text;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;
using Npgsql;

namespace EmbeddingAdmin.Rows;

/// <summary>Makes the vector of one row's text of now, to be looked at before anything is written.</summary>
public sealed class RowEmbedder(NpgsqlDataSource database, StartPlanner planner, EventLog events, TimeProvider clock)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Embeds the row's text. It is recorded who asked; nothing is written to the table.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved, its recipe is a proposal, or <see cref="ErrorCodes.RowKey"/>: there is no such row, or it has no text that can be sent.</exception>
    /// <exception cref="ProviderFault">The provider failed, or its vector must not be stored.</exception>
    public async Task<EmbeddedRow> EmbedAsync(string table, string key, Actor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(actor);
        var start = await planner.PlanAsync(new StartRequest(RunKind.Backfill, table) { Keys = [key] }, cancel);
        var (target, provider, plan, _) = start;
        var (text, before) = await ReadAsync(target, plan.Keys![0], cancel);
        var (bytes, most) = (Encoding.UTF8.GetByteCount(text), Math.Min(provider.Limits.MaxTextBytes, provider.Limits.MaxBytes));
        if (text.Length == 0)
            throw new EmbeddingAdminException(ErrorCodes.RowKey, $"Row {key} of {table} has no text. Nothing was sent or written. There is nothing to embed.");
        if (bytes > most)
            throw new EmbeddingAdminException(ErrorCodes.TextTooLong, $"The row's text has {bytes:N0} bytes; {most:N0} are taken. Nothing was sent or written: a text is never cut. Shorten it, or leave a column out of the recipe.");
        await events.RecordAsync(actor, null, "row.embedded", $"{actor.Name} had row {key} of {table} embedded by {provider.Model.Model} at {provider.Model.Host}, to look at the vector.", cancel);
        var made = await new EmbeddingCall(provider.Generator, clock).EmbedAsync([text], token: cancel);
        var vector = made[0].Vector;
        if (VectorCheck.Refusal(vector.Span, target.Dimensions) is { } refusal)
            throw new ProviderFault(ProviderFaultKind.BadAnswer, refusal.Code, refusal.Sentence);
        return new EmbeddedRow
        {
            Table = table,
            Key = plan.Keys[0],
            Text = text,
            Vector = vector,
            MadeBy = provider.Model,
            Tokens = made.Usage?.TotalTokenCount ?? 0,
            Cosine = before is { } old ? Cosine(old.Span, vector.Span) : null,
            HadVector = before is not null,
            Neighbours = (await planner.CountAsync(start, cancel)).Neighbours,
        };
    }

    private async Task<(string Text, ReadOnlyMemory<float>? Vector)> ReadAsync(Target target, string key, CancellationToken cancel)
    {
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using var command = session.Command(
                $"select {target.Text.Expression}, {target.AsVector($"t.{target.Vector}")} from {target.Relation} t where t.{target.Key} = $1::{target.KeyType} and {target.Filter}", key);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                throw new EmbeddingAdminException(ErrorCodes.RowKey, $"There is no row {key} in {target.Table.Name}, or its filter leaves it out. Nothing was sent or written. Look for it among the rows.");
            return (reader.GetString(0), await reader.IsDBNullAsync(1, cancel) ? default(ReadOnlyMemory<float>?) : reader.GetFieldValue<ReadOnlyMemory<float>>(1));
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    /// <summary>The cosine of the angle between two vectors; null when they differ in length or one has no direction.</summary>
    internal static double? Cosine(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        if (one.Length != other.Length)
            return null;
        var product = 0d;
        for (var i = 0; i < one.Length; i++)
            product += (double)one[i] * other[i];
        var cosine = product / (VectorCheck.Norm(one) * VectorCheck.Norm(other));
        return double.IsFinite(cosine) ? Math.Clamp(cosine, -1, 1) : null;
    }
}
