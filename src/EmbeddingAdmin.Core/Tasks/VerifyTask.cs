using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Tasks;

/// <summary>
/// Re-reads every row of a table on a connection of its own and compares it with what is claimed of it: the text's hash and the vector's
/// bytes with the stamp, the vector's dimensions and norm with what a search needs. It writes nothing but its own report.
/// </summary>
public sealed class VerifyTask(NpgsqlDataSource database, NpgsqlConnection connection, Target target, Run run, int madeFrom) : IRunTask
{
    private const double NormTolerance = 1e-3;

    // Of any other model nobody knows how long its vectors are meant to be.
    private static readonly string[] UnitModels = [.. EmbeddingModels.All.Select(model => model.Name)];

    /// <summary>How long the database is waited for.</summary>
    internal DatabasePatience Patience { get; init; } = new();

    /// <summary>Measures it.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <inheritdoc/>
    public bool Sweeps => false;

    /// <inheritdoc/>
    public int Preparers => 1;

    /// <inheritdoc/>
    public int Appliers => 1;

    /// <inheritdoc/>
    public async Task<long> CountAsync(CancellationToken cancel)
    {
        var done = string.Join(" + ", Receipt.Outcomes.Select(Ledger.Column));
        await using var session = await TableSession.OpenAsync(connection, Patience.Count, run.Id, cancel);
        await using var command = session.Command(
            $"select count(*) - (select coalesce(sum({done}), 0) from embedding_admin.batch where run = $1)::bigint from {target.Relation} t where {target.Filter}", run.Id);
        return Math.Max(0, (long)(await command.ExecuteScalarAsync(cancel))!);
    }

    /// <inheritdoc/>
    public Task<Page> ReadAsync(PageRequest request, Action<string?> waiting, CancellationToken cancel) => Windows.ReadAsync(request, waiting, cancel);

    private KeyWindows Windows => field ??= new(target, Patience, Clock, cancel => TableSession.OpenAsync(connection, Patience.Read, run.Id, cancel), ReadAsync);

    private async Task<Page> ReadAsync(TableSession session, PageRequest request, string? upTo, CancellationToken cancel)
    {
        var after = request.AfterKey is null ? "" : $"and t.{target.Key} > $5::{target.KeyType}";
        var until = upTo is null ? "" : $"and t.{target.Key} <= $6::{target.KeyType}";
        // The vector is unpacked once: subvector() gives a copy in memory, and OFFSET 0 keeps the planner from asking for it again.
        await using var command = session.Command(
            $"""
            select r.key::text,
                   case when r.vector is null and r.blank then 0
                        when r.vector is null and r.stamped is null then 1
                        when r.vector is null then 2
                        when {target.Function("vector_dims")}(r.vector) <> {target.Dimensions} then 3
                        when {target.Norm("r.vector")} = 0 then 4
                        when r.stamped is null then 5
                        when sha256({target.Bytes("r.vector")}) <> r.vector_hash then 6
                        when not r.same_text then 7
                        when r.made_from <> $2 then 8
                        when r.unit and abs({target.Norm("r.vector")} - 1) > {NormTolerance} then 9
                        else 10 end
              from (select t.{target.Key} as key, {target.Text.IsBlank} as blank, s.row_key as stamped, s.vector_hash, s.made_from,
                           s.text_hash = {target.Text.Hash} as same_text, (m.provider = 'local' or m.model = any($4)) as unit,
                           {target.Function("subvector")}(t.{target.Vector}, 1, {target.Function("vector_dims")}(t.{target.Vector})) as vector
                      from {target.Relation} t
                      left join embedding_admin.stamp s on s.vector_column = $1 and s.row_key = t.{target.Key}::text
                      left join embedding_admin.made_from m on m.id = s.made_from
                     where {target.Filter} {after} {until} order by t.{target.Key} limit $3 offset 0) as r
            """,
            run.VectorColumn, madeFrom, request.Rows, UnitModels);
        if (request.AfterKey is not null || upTo is not null)
            command.Parameters.Add(new() { Value = request.AfterKey ?? upTo! });
        if (upTo is not null)
            command.Parameters.Add(new() { Value = upTo });
        var found = new List<RowResult>(request.Rows);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            found.Add(Judge(reader.GetString(0), reader.GetInt32(1)));
        return new Page(0, 0) { LastKey = found.LastOrDefault()?.Key, Settled = found };
    }

    /// <inheritdoc/>
    public Task<Page> PrepareAsync(Page page, Action<string?> waiting, CancellationToken cancel) => Task.FromResult(page);

    /// <inheritdoc/>
    public async Task<Applied> ApplyAsync(Page page, RunLease lease, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(lease);
        await using var session = await TableSession.OpenAsync(database, Patience.Read, run.Id, cancel);
        await lease.FenceAsync(session, cancel);
        var receipt = await LedgerEntry.WriteAsync(new(run.Id, page.No, page.Pass, page.LastKey, run.Attempt, page.Settled, Charge.None), session, cancel);
        await session.Transaction.CommitAsync(cancel);
        return Applied.Of(receipt, [.. page.Settled]);
    }

    /// <inheritdoc/>
    public Task<Receipt> RecoverAsync(RunLease lease, CancellationToken cancel) => Task.FromResult(Receipt.Empty);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private RowResult Judge(string key, int finding) => finding switch
    {
        0 => new(key, RowOutcome.EmptySource),
        1 => new(key, RowOutcome.NotAttempted, Message: "The row has text and no vector, and no run claims one."),
        2 => new(key, RowOutcome.Reverted, Message: "A run wrote a vector here, and the row holds none now."),
        3 => new(key, RowOutcome.Failed, "database", ErrorCodes.WrongDimensions, $"The vector does not have {target.Dimensions} dimensions."),
        4 => new(key, RowOutcome.Failed, "database", ErrorCodes.ZeroVector, "The vector is zero; no search by cosine finds it."),
        5 => new(key, RowOutcome.Unverified, Message: "The vector is there, and no run claims it: its origin is unknown."),
        6 => new(key, RowOutcome.Reverted, Message: "The row holds another vector than the one that a run wrote."),
        7 => new(key, RowOutcome.Changed, Message: "The text was edited since the vector was made."),
        8 => new(key, RowOutcome.Changed, Message: "The vector was made with another provider, model, length or recipe than the settings name."),
        9 => new(key, RowOutcome.Failed, "database", ErrorCodes.NotUnitLength, "The vector's length is not 1, as this provider's vectors are."),
        _ => new(key, RowOutcome.AlreadyCurrent),
    };
}
