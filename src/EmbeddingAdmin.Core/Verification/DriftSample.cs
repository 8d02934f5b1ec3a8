using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Tasks;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.AI;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Verification;

/// <summary>
/// Embeds the texts of a sample again and compares the vectors with those that are stored. The sample is drawn from the rows of which nothing
/// else is to be said, by a hash of key and run: the same however often the run is taken up, and another in each run.
/// </summary>
internal sealed class DriftSample(NpgsqlDataSource database, VerifyScope scope, EmbeddingProvider provider, EmbeddingCall call, DatabasePatience patience, TimeProvider clock)
{
    /// <summary>The least cosine of two vectors that are the same but for the provider's rounding.</summary>
    public const double Tolerance = 0.999;

    private readonly PatientRead _read = new(scope.Target.Relation, patience, clock);

    private bool IsExact => IsExactFor(provider.Model.Provider);

    /// <summary>Whether a provider makes the same vector of the same text to the last bit.</summary>
    public static bool IsExactFor(string name) => name == LocalEmbeddings.ProviderName;

    /// <summary>The next rows of the sample behind a key, in the order of the keys as text.</summary>
    public Task<List<SourceRow>> DrawAsync(string? afterKey, int most, Action<Wait?> waiting, CancellationToken cancel) =>
        _read.OnceAsync(patience.Count, () => ReadAsync(afterKey, most, cancel), waiting, cancel);

    /// <summary>Embeds a page of the sample and finds what drifted. A text that the provider refuses is not compared.</summary>
    /// <exception cref="ProviderFault">The provider failed for the whole page.</exception>
    public async Task<Page> CompareAsync(Page page, Action<Wait?> waiting, CancellationToken cancel)
    {
        // Rows with the same text share a vector: it is paid for once.
        var same = page.Rows.ToLookup(row => Convert.ToBase64String(row.TextHash), StringComparer.Ordinal);
        SourceRow[] texts = [.. same.Select(rows => rows.First())];
        var packed = BatchPacker.Pack([.. texts.Select(row => row.Text)], provider.Limits);
        var bisection = new Bisection(call, waiting, _ => { }, cancel);
        foreach (var batch in packed.Batches)
            await bisection.EmbedAsync([.. batch.Places.Select(place => texts[place])]);
        var answers = bisection.Answers;
        var made = (from rows in same where answers.Vectors.ContainsKey(rows.First().Key) from row in rows select (row.Key, Vector: answers.Vectors[rows.First().Key]))
            .ToDictionary(row => row.Key, row => row.Vector, StringComparer.Ordinal);
        var stored = await _read.EachAsync([.. made.Keys], keys => StoredAsync(keys, cancel), waiting, cancel);
        return page with
        {
            Rows = [],
            Settled = [.. stored.Select(row => Judge(row.Key, row.Vector.Span, made[row.Key].Span)).OfType<RowResult>()],
            Compared = stored.Count,
            Charge = new(answers.Tokens, answers.Bytes, scope.Run.Plan.Price?.Of(answers.Tokens)),
        };
    }

    private async Task<List<SourceRow>> ReadAsync(string? afterKey, int most, CancellationToken cancel)
    {
        var target = scope.Target;
        await using var session = await TableSession.OpenAsync(database, patience.Count, scope.Run.Id, cancel, patience.Lock);
        await using var command = session.Command(
            $"""
            with sample as materialized (
              select s.row_key, s.text_hash
                from embedding_admin.stamp s join {target.Relation} t on t.{target.Key} = s.row_key::{target.KeyType}
               where s.vector_column = $1 and s.made_from = $3 and s.at <= {VerifyScope.Began("$2")} and {target.Filter} and {scope.Reached("$2")}
                 and not exists (select from embedding_admin.row_result x where x.run = $2 and x.row_key = s.row_key and x.code is distinct from $4)
               order by sha256(convert_to(s.row_key || '/' || $2::text, 'UTF8')), s.row_key limit $5)
            select sample.row_key, {target.Text.Expression}, sample.text_hash
              from sample join {target.Relation} t on t.{target.Key} = sample.row_key::{target.KeyType}
             where sample.text_hash = {target.Text.Hash} and not ({target.Text.IsBlank}) and ($6::text is null or sample.row_key > $6)
             order by sample.row_key limit $7
            """,
            scope.Run.VectorColumn, scope.Run.Id, scope.MadeFrom, ErrorCodes.FoundDrift, scope.Run.Plan.Sample ?? 0,
            new NpgsqlParameter { Value = afterKey ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, most);
        var rows = new List<SourceRow>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            rows.Add(new(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<byte[]>(2)));
        return rows;
    }

    /// <summary>The stored vectors that are still the ones of their stamps, of texts that are still theirs.</summary>
    private async Task<IReadOnlyList<(string Key, ReadOnlyMemory<float> Vector)>> StoredAsync(string[] keys, CancellationToken cancel)
    {
        var target = scope.Target;
        await using var session = await TableSession.OpenAsync(database, patience.Read, scope.Run.Id, cancel, patience.Lock);
        await using var command = session.Command(
            $"""
            select t.{target.Key}::text, {target.AsVector($"t.{target.Vector}")}
              from {target.Relation} t join embedding_admin.stamp s on s.vector_column = $1 and s.row_key = t.{target.Key}::text
             where t.{target.Key} = any($2::text[]::{target.KeyType}[]) and s.text_hash = {target.Text.Hash} and s.vector_hash = sha256({target.Bytes($"t.{target.Vector}")})
            """,
            scope.Run.VectorColumn, keys);
        var rows = new List<(string, ReadOnlyMemory<float>)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            rows.Add((reader.GetString(0), reader.GetFieldValue<ReadOnlyMemory<float>>(1)));
        return rows;
    }

    private RowResult? Judge(string key, ReadOnlySpan<float> stored, ReadOnlySpan<float> made)
    {
        if (VectorCheck.Refusal(made, scope.Target.Dimensions) is { } refusal)
            throw new ProviderFault(ProviderFaultKind.BadAnswer, refusal.Code, refusal.Sentence, notDone: "Nothing was compared with it.");
        var cosine = Cosine(stored, made);
        if (IsExact ? Same(stored, made) : cosine >= Tolerance)
            return null;
        return VerifyChecks.Found(VerifyCheck.Drift, key, $"The text was embedded again: the vector of now and the one that is stored have a cosine of {cosine:0.000000}; {(IsExact ? "they should be the same, bit for bit" : $"from {Tolerance} on they count as the same")}.");
    }

    private bool Same(ReadOnlySpan<float> stored, ReadOnlySpan<float> made)
    {
        for (var i = 0; i < made.Length; i++)
        {
            // As the column rounds what it is sent.
            var kept = scope.Target.HalfPrecision ? (float)(Half)made[i] : made[i];
            if (BitConverter.SingleToInt32Bits(kept) != BitConverter.SingleToInt32Bits(stored[i]))
                return false;
        }

        return true;
    }

    private static double Cosine(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double product = 0;
        for (var i = 0; i < left.Length; i++)
            product += (double)left[i] * right[i];
        return product / (VectorCheck.Norm(left) * VectorCheck.Norm(right));
    }
}
