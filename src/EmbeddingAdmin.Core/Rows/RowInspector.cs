using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Rows;

/// <summary>Looks at one row: its text by the recipe of now, its vector, and what is known of how that was made.</summary>
public sealed class RowInspector(NpgsqlDataSource database, StampBook stamps, ProviderSource providers)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    /// <summary>The row; null when there is none with this key, or the key is none.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>: the role may not read the table.</exception>
    public async Task<RowFacts?> ReadAsync(Target target, string typed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (RowKey.Read(target, typed) is not { } key)
            return null;
        var provider = providers.For(target);
        var (column, madeFrom) = await stamps.CurrentAsync(target, cancel);
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using var command = session.Command(Sql(target), column, madeFrom, key);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            if (!await reader.ReadAsync(cancel))
                return null;
            var lines = target.Recipe.Template.Split('\n');
            return new RowFacts
            {
                Key = reader.GetString(0),
                Text = reader.GetString(1),
                Characters = reader.GetInt32(2),
                Bytes = reader.GetInt32(3),
                TextHash = reader.GetString(18),
                MostBytes = Math.Min(provider.Limits.MaxTextBytes, provider.Limits.MaxBytes),
                LeftOut = [.. lines.Zip(reader.GetFieldValue<bool[]>(4)).Where(line => line.Second).Select(line => line.First)],
                Vector = await reader.IsDBNullAsync(5, cancel) ? default(ReadOnlyMemory<float>?) : reader.GetFieldValue<ReadOnlyMemory<float>>(5),
                VectorHash = await reader.IsDBNullAsync(19, cancel) ? null : reader.GetString(19),
                Dimensions = target.Dimensions,
                State = CoverageStates.InOrder[reader.GetInt32(6)],
                Counts = reader.GetBoolean(7),
                Stamp = await reader.IsDBNullAsync(8, cancel) ? null : await StampAsync(reader, cancel),
                Model = provider.Model,
                RecipeVersion = target.Recipe.Version,
                AsOf = reader.GetFieldValue<DateTimeOffset>(17),
            };
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }

        async Task<RowStamp> StampAsync(NpgsqlDataReader reader, CancellationToken token) => new(
            reader.GetInt64(8), reader.GetFieldValue<DateTimeOffset>(9),
            new EmbeddingModel(reader.GetString(10), reader.GetString(11), reader.GetString(12), reader.GetInt32(13)),
            await reader.IsDBNullAsync(14, token) ? null : reader.GetInt32(14), reader.GetString(15) == target.Text.Recipe, reader.GetBoolean(16))
        {
            TextHash = reader.GetString(20),
            VectorHash = reader.GetString(21),
            Page = reader.GetInt32(22),
        };
    }

    private static string Sql(Target target) =>
        $"""
        select t.{target.Key}::text, left({target.Text.Expression}, {RowFacts.MostCharacters}), char_length({target.Text.Expression}), octet_length({target.Text.Expression}),
               array[{string.Join(", ", target.Text.Lines.Select(line => $"({line}) is null"))}], {target.AsVector($"t.{target.Vector}")},
               {CoverageStates.Classify(target, "$2")}, ({target.Filter}) is true,
               s.run, s.at, m.provider, m.host, m.model, m.dimensions, r.version, m.recipe,
               coalesce(sha256({target.Bytes($"t.{target.Vector}")}) = s.vector_hash, false), statement_timestamp(),
               encode({target.Text.Hash}, 'hex'), encode(sha256({target.Bytes($"t.{target.Vector}")}), 'hex'), encode(s.text_hash, 'hex'), encode(s.vector_hash, 'hex'), s.page
          from {target.Relation} t
          left join embedding_admin.stamp s on s.vector_column = $1 and s.row_key = t.{target.Key}::text
          left join embedding_admin.made_from m on m.id = s.made_from
          left join embedding_admin.recipe r on r.vector_column = $1 and r.identity = m.recipe
         where t.{target.Key} = $3::{target.KeyType}
        """;
}
