using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Coverage;

/// <summary>The partial index over the rows without a vector: whether it is there, and the statement that makes it.</summary>
/// <param name="Name">Its name; null when there is none.</param>
/// <param name="Make">The statement that makes one, to copy.</param>
/// <param name="Drop">The statement that takes it away again.</param>
/// <param name="Bytes">About how large it will be, from the rows that are without a vector now; null when they are not known.</param>
public sealed record MissingIndex(string? Name, string Make, string Drop, long? Bytes)
{
    /// <summary>Below this many rows every count is quick without it.</summary>
    public const double WorthFrom = 20_000;

    // Measured: 31.6 MB for a million keys of 16 bytes.
    private const double BytesPerRow = 33;

    /// <summary>Its size in words, such as <c>31 MB</c>; null when it is not known.</summary>
    public string? Size => Bytes is { } bytes ? Access.Room.Words(bytes) : null;

    /// <summary>Looks for it in the catalog. Its condition has to be just that, or more rows than those without a vector would be left out of it.</summary>
    internal static async Task<MissingIndex> FindAsync(NpgsqlDataSource database, Target target, long? withoutVector, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
             where i.indrelid = $1::oid and i.indisvalid and i.indisready and pg_get_expr(i.indpred, i.indrelid) = format('(%I IS NULL)', $2::text)
             order by pg_relation_size(i.indexrelid) limit 1
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = target.Facts.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
        command.Parameters.Add(new() { Value = target.Table.Vector });
        var name = await command.ExecuteScalarAsync(cancel) as string;
        var made = SqlName.Of(Short($"{target.Table.Table}_{target.Table.Vector}_missing"));
        return new(
            name,
            $"create index concurrently {made} on {target.Relation} ({target.Key}) where {target.Vector} is null;",
            $"drop index concurrently {SqlName.Of(target.Table.Schema, name ?? Short($"{target.Table.Table}_{target.Table.Vector}_missing"))};",
            withoutVector is { } rows ? (long)(rows * BytesPerRow) + 16_384 : null);
    }

    // What is longer Postgres would cut by itself, and then the drop would name another.
    private static string Short(string name) => name.Length <= 60 ? name : name[..60];
}
