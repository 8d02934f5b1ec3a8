using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Writing;

/// <summary>
/// Writes rows of which at least one is refused: by halves, each behind a savepoint, until every culprit stands alone. All others are written,
/// in the one transaction.
/// </summary>
/// <param name="session">The transaction.</param>
/// <param name="update">Updates rows in it, and returns each one's outcome.</param>
internal sealed class PoisonHunt(TableSession session, Func<IReadOnlyList<VectorRow>, Task<List<RowResult>>> update)
{
    // What is about names or rights and has refused so many rows and taken none refuses all of them.
    private const int RefusedToBlock = 8;

    private readonly List<RowResult> _results = [];
    private int _refused;
    private string? _state;

    /// <summary>Writes the rows; those that are refused are failed.</summary>
    /// <exception cref="PostgresException">Every row of several is refused for the same reason, one of names or rights.</exception>
    public async Task<List<RowResult>> RunAsync(IReadOnlyList<VectorRow> rows, CancellationToken cancel)
    {
        await TryAsync(rows, rows.Count, cancel);
        return _results;
    }

    private async Task TryAsync(IReadOnlyList<VectorRow> rows, int all, CancellationToken cancel)
    {
        await session.Transaction.SaveAsync("rows", cancel);
        try
        {
            var taken = await update(rows);
            // What a deferred constraint says at the commit is said of all rows; asked now, it is said of these.
            await using (var now = session.Command("set constraints all immediate"))
                await now.ExecuteNonQueryAsync(cancel);
            await session.Transaction.ReleaseAsync("rows", cancel);
            _results.AddRange(taken);
            return;
        }
        catch (PostgresException fault) when (RowFault.Is(fault))
        {
            await session.Transaction.RollbackAsync("rows", cancel);
            await session.Transaction.ReleaseAsync("rows", cancel);
            if (rows is [var culprit])
            {
                Refuse(culprit, fault, all);
                return;
            }
        }

        await TryAsync([.. rows.Take(rows.Count / 2)], all, cancel);
        await TryAsync([.. rows.Skip(rows.Count / 2)], all, cancel);
    }

    private void Refuse(VectorRow culprit, PostgresException fault, int all)
    {
        _state = ++_refused == 1 || _state == fault.SqlState ? fault.SqlState : null;
        _results.Add(RowFault.Of(culprit, fault));
        if (_state is not null && RowFault.IsOfNames(fault) && _refused == _results.Count && (_refused == all || _refused >= RefusedToBlock))
            throw fault;
    }
}
