using EmbeddingAdmin.Access;
using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Tables;

/// <summary>What a worker found when it took a run: a page is written only where it is still so.</summary>
/// <param name="Shape">The table.</param>
/// <param name="Server">The database.</param>
/// <param name="Recipe">The identity of the recipe that was chosen last for the column; null when none was.</param>
internal sealed record FrozenTable(TableShape Shape, ServerIdentity Server, string? Recipe)
{
    private const string OfRecipe =
        """
        (select r.identity from embedding_admin.recipe r join embedding_admin.vector_column c on c.id = r.vector_column
          where c.name = $1 order by r.confirmed_at desc, r.version desc limit 1)
        """;

    public static async Task<FrozenTable> ReadAsync(NpgsqlDataSource database, EmbeddingTable table, TableShape shape, ServerIdentity server, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"select {OfRecipe}");
        command.Parameters.Add(new() { Value = table.ColumnName });
        return new(shape, server, await command.ExecuteScalarAsync(cancel) as string);
    }

    /// <summary>
    /// Looks whether all is as it was. The transaction has to hold a lock on the table, so that it stays so until the transaction ends.
    /// </summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RunDrift"/>: something is not.</exception>
    /// <exception cref="ServerChangedException">The database is another.</exception>
    public async Task RefuseDriftAsync(EmbeddingTable table, TableSession session, CancellationToken cancel)
    {
        await using var look = session.Command(
            $"select {TableShape.Columns}, {OfRecipe.Replace("$1", "$5", StringComparison.Ordinal)}, {Server.Columns} from {TableShape.From}",
            Shape.Schema, Shape.Table, Text(Shape.Key?.Name), Text(Shape.Vector?.Name), table.ColumnName);
        await using var reader = await look.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            throw Drift.Of(Shape.Unlike(null)!);
        var server = new ServerIdentity(Word(11), Word(12)!, Word(13));
        if (Server.Unlike(server) is { } unlike)
            throw new ServerChangedException(unlike, server);
        if (Shape.Unlike(TableShape.Map(reader) with { Filter = Shape.Filter }) is { } sentence)
            throw Drift.Of(sentence);
        if (Recipe != Word(10))
            throw Drift.Of("Another text recipe was chosen for the column while the run was working with the one that it was planned for.");

        string? Word(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}

/// <summary>That something is not as a run's plan says any more.</summary>
internal static class Drift
{
    /// <summary>The fault, from one sentence that names what was planned and what is there now.</summary>
    public static EmbeddingAdminException Of(string sentence) => new(
        ErrorCodes.RunDrift, $"{sentence} Nothing more was written; what was written before stays. Put it back and resume, or cancel this run and start a new one.");
}
