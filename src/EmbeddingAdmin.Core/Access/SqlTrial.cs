using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>One row, tried as one identity, in a transaction that its opener rolls back.</summary>
/// <param name="session">The transaction.</param>
/// <param name="target">The table.</param>
/// <param name="key">The row.</param>
/// <param name="role">The role to act as; null for the connection's own.</param>
/// <param name="answers">What puts the answers into words.</param>
internal sealed class SqlTrial(TableSession session, Target target, string key, RoleFacts? role, AccessAnswers answers)
{
    private readonly float[] _canary = Canary(target.Dimensions);

    private SqlTrace _trace = new([]);

    private string One => $"t.{target.Key} = $1::text::{target.KeyType}";

    /// <summary>Asks the three questions.</summary>
    /// <param name="subject">As whom a signed-in user comes; null for roles that nobody signs in to.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<SqlTrace> RunAsync(string? subject, CancellationToken cancel)
    {
        if (role is not null)
            await Acting.BeginAsync(session, role, subject, cancel);
        var sees = await SeesAsync(cancel);
        var barred = answers.Barred ? await BarredAsync(cancel) : null;
        var (changes, sticks) = await ChangeAsync(barred, cancel);
        return _trace with { Cells = [sees, changes, sticks], Key = key, Subject = subject };
    }

    /// <summary>A vector of unit length that no model makes.</summary>
    internal static float[] Canary(int dimensions)
    {
        var vector = new float[dimensions];
        vector[^1] = 1;
        return vector;
    }

    private async Task<AccessCell> SeesAsync(CancellationToken cancel)
    {
        var asked = $"select count(*) from {target.Relation} where {target.Key} = {SqlName.Literal(key)}";
        await session.Transaction.SaveAsync("sees", cancel);
        try
        {
            await using var look = session.Command($"select count(*) from {target.Relation} t where {One}", key);
            return answers.Sees(asked, (long)(await look.ExecuteScalarAsync(cancel))! > 0);
        }
        catch (PostgresException refused) when (session.GoesOn)
        {
            await session.Transaction.RollbackAsync("sees", cancel);
            _trace = _trace with { Refusal = refused };
            return answers.Refused(AccessQuestion.Sees, asked, refused);
        }
    }

    /// <summary>What Postgres answers to the update as this program sends it, with row_security off.</summary>
    private async Task<string?> BarredAsync(CancellationToken cancel)
    {
        await session.Transaction.SaveAsync("barred", cancel);
        try
        {
            await session.ExecuteAsync("set local row_security = off", cancel);
            await UpdateAsync("", cancel);
            await session.Transaction.RollbackAsync("barred", cancel);
            return null;
        }
        catch (PostgresException refused) when (session.GoesOn)
        {
            await session.Transaction.RollbackAsync("barred", cancel);
            return $"{refused.SqlState}{DatabaseFaults.Words(refused)}";
        }
    }

    private async Task<(AccessCell Changes, AccessCell Sticks)> ChangeAsync(string? barred, CancellationToken cancel)
    {
        var asked = $"update {target.Relation} set {target.Vector} = a test vector where {target.Key} = {SqlName.Literal(key)}";
        AccessCell? changes = null;
        await session.Transaction.SaveAsync("changes", cancel);
        try
        {
            var rows = await UpdateAsync("", cancel);
            _trace = _trace with { Rows = rows };
            changes = answers.Changes(asked, rows, barred);
            asked = "set constraints all immediate, which fires what was deferred to the commit";
            await session.ExecuteAsync("set constraints all immediate", cancel);
            await EndActingAsync(cancel);
            asked = $"select {target.Vector} from {target.Relation} where {target.Key} = {SqlName.Literal(key)}, in a statement of its own";
            return (changes, await SticksAsync(asked, rows, cancel));
        }
        catch (PostgresException refused) when (session.GoesOn)
        {
            await session.Transaction.RollbackAsync("changes", cancel);
            _trace = _trace with { Refusal = refused };
            return (changes ?? answers.Refused(AccessQuestion.Changes, asked, refused), answers.Refused(AccessQuestion.Sticks, asked, refused));
        }
    }

    private async Task<AccessCell> SticksAsync(string asked, int rows, CancellationToken cancel)
    {
        try
        {
            var stuck = await IsThereAsync(cancel);
            if (!stuck && rows > 0)
                _trace = _trace with { LostTo = await FollowAsync(cancel) };
            return answers.Sticks(asked, rows, stuck, _trace.LostTo);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege && role is not null)
        {
            return answers.Of(AccessQuestion.Sticks, AccessAnswer.NotMeasured, "The connection's role may not read the row, so nobody could look.", new(asked, $"42501: {refused.MessageText}"));
        }
    }

    /// <summary>Does it once more and looks after each step, to see which takes the vector away.</summary>
    private async Task<TriggerTiming?> FollowAsync(CancellationToken cancel)
    {
        await session.Transaction.RollbackAsync("changes", cancel);
        try
        {
            if (await UpdateAsync($"returning {IsCanary("$3")}", cancel) == 0)
                return TriggerTiming.Before;
            await EndActingAsync(cancel);
            return await IsThereAsync(cancel) ? TriggerTiming.Deferred : TriggerTiming.After;
        }
        catch (PostgresException) when (session.GoesOn)
        {
            // A rule gives nothing back, and not everybody who may change a vector may read it.
            await session.Transaction.RollbackAsync("changes", cancel);
            return null;
        }
    }

    private Task EndActingAsync(CancellationToken cancel) => role is null ? Task.CompletedTask : Acting.EndAsync(session, SqlProbe.StatementTimeout, cancel);

    /// <summary>Updates the row. Without <paramref name="returning"/> it gives the number of rows, else 1 when what was returned is true.</summary>
    private async Task<int> UpdateAsync(string returning, CancellationToken cancel)
    {
        var vector = new NpgsqlParameter { Value = (ReadOnlyMemory<float>)_canary, DataTypeName = $"{target.Facts.VectorSchema}.vector" };
        await using var update = session.Command($"update {target.Relation} t set {target.Vector} = {target.AsColumn("$2")} where {One} {returning}", key, vector);
        if (returning.Length == 0)
            return await update.ExecuteNonQueryAsync(cancel);
        update.Parameters.Add(new() { Value = VectorBinary.Hash(_canary, target.HalfPrecision) });
        return await update.ExecuteScalarAsync(cancel) is true ? 1 : 0;
    }

    private async Task<bool> IsThereAsync(CancellationToken cancel)
    {
        await using var look = session.Command($"select {IsCanary("$2")} from {target.Relation} t where {One}", key, VectorBinary.Hash(_canary, target.HalfPrecision));
        return await look.ExecuteScalarAsync(cancel) is true;
    }

    private string IsCanary(string hash) => $"coalesce(sha256({target.Bytes($"t.{target.Vector}")}) = {hash}, false)";
}
