using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Database.Tests.Coverage;

/// <summary>Puts a row that is up to date into another state, as an app, an operator or another program would: by SQL, past the engine.</summary>
internal static class Planted
{
    /// <summary>The states that can be brought about in any table whose row has text.</summary>
    public static IReadOnlyList<CoverageState> States { get; } = [.. Enum.GetValues<CoverageState>().Except([CoverageState.Fresh, CoverageState.EmptySource])];

    /// <summary>Brings the row into the state.</summary>
    public static Task PlantAsync(TestDatabase database, Target target, string key, CoverageState state, CancellationToken cancel)
    {
        var row = $"{target.Key}::text = '{key.Replace("'", "''", StringComparison.Ordinal)}'";
        var stamp = $"vector_column = (select id from embedding_admin.vector_column where name = '{target.ColumnName.Replace("'", "''", StringComparison.Ordinal)}') and row_key = '{key.Replace("'", "''", StringComparison.Ordinal)}'";
        return database.ExecuteAsync(
            state switch
            {
                CoverageState.Missing => $"update {target.Relation} set {target.Vector} = null where {row}",
                CoverageState.Invalid => $"update {target.Relation} set {target.Vector} = array_fill(0::real, array[{target.Dimensions}])::{target.VectorType} where {row}",
                CoverageState.Unstamped => $"update {target.Relation} set {target.Vector} = array_fill(0.25::real, array[{target.Dimensions}])::{target.VectorType} where {row}",
                CoverageState.StaleText => $"update embedding_admin.stamp set text_hash = sha256('another text') where {stamp}",
                CoverageState.StaleConfig =>
                    $"""
                    with other as (insert into embedding_admin.made_from (provider, host, model, dimensions, recipe) values ('openai', 'h', 'older', 24, '{Guid.NewGuid()}') returning id)
                    update embedding_admin.stamp set made_from = other.id from other where {stamp}
                    """,
                _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
            },
            cancel);
    }
}
