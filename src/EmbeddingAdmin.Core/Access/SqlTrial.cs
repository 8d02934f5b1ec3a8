using System.Text.Json;
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

    private string One => $"t.{target.Key} = $1::text::{target.KeyType}";

    /// <summary>Asks the three questions.</summary>
    /// <param name="subject">As whom a signed-in user comes; null for roles that nobody signs in to.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<AccessCell>> RunAsync(string? subject, CancellationToken cancel)
    {
        if (role is null)
            return await AskAsync(cancel);
        try
        {
            await ActAsAsync(role, subject, cancel);
            return await AskAsync(cancel);
        }
        finally
        {
            await session.EndAsync();
        }
    }

    private async Task<IReadOnlyList<AccessCell>> AskAsync(CancellationToken cancel)
    {
        var sees = await SeesAsync(cancel);
        var (changes, sticks) = await ChangeAsync(cancel);
        return [sees, changes, sticks];
    }

    private async Task ActAsAsync(RoleFacts taken, string? subject, CancellationToken cancel)
    {
        var claims = new Dictionary<string, string>(StringComparer.Ordinal) { ["role"] = taken.Name };
        if (subject is not null)
            claims["sub"] = subject;
        // As PostgREST says it, and as it did before version 9, which functions of older projects still read.
        await using (var says = session.Command(
            "select set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true), set_config('request.jwt.claim.role', $3, true)",
            JsonSerializer.Serialize(claims), subject ?? "", taken.Name))
            await says.ExecuteNonQueryAsync(cancel);
        // SET ROLE does not bring the role's settings along.
        if (taken.StatementTimeout is { } time)
        {
            await using var timeout = session.Command("select set_config('statement_timeout', $1, true)", time);
            await timeout.ExecuteNonQueryAsync(cancel);
        }

        await session.ExecuteAsync($"set local row_security = on; set local role {SqlName.Of(taken.Name)}", cancel);
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
        catch (PostgresException refused)
        {
            await session.Transaction.RollbackAsync("sees", cancel);
            return answers.Refused(AccessQuestion.Sees, asked, refused);
        }
    }

    private async Task<(AccessCell Changes, AccessCell Sticks)> ChangeAsync(CancellationToken cancel)
    {
        var asked = $"update {target.Relation} set {target.Vector} = a test vector where {target.Key} = {SqlName.Literal(key)}";
        AccessCell? changes = null;
        await session.Transaction.SaveAsync("changes", cancel);
        try
        {
            int rows;
            var vector = new NpgsqlParameter { Value = (ReadOnlyMemory<float>)_canary, DataTypeName = $"{target.Facts.VectorSchema}.vector" };
            await using (var update = session.Command($"update {target.Relation} t set {target.Vector} = {target.AsColumn("$2")} where {One}", key, vector))
                rows = await update.ExecuteNonQueryAsync(cancel);
            changes = answers.Changes(asked, rows);
            asked = "set constraints all immediate, which fires what was deferred to the commit";
            await session.ExecuteAsync("set constraints all immediate", cancel);
            if (role is not null)
                await session.ExecuteAsync("set local role none; set local row_security = off", cancel);
            return (changes, await SticksAsync(rows, cancel));
        }
        catch (PostgresException refused)
        {
            await session.Transaction.RollbackAsync("changes", cancel);
            return (changes ?? answers.Refused(AccessQuestion.Changes, asked, refused), answers.Refused(AccessQuestion.Sticks, asked, refused));
        }
    }

    private async Task<AccessCell> SticksAsync(int rows, CancellationToken cancel)
    {
        var asked = $"select {target.Vector} from {target.Relation} where {target.Key} = {SqlName.Literal(key)}, in a statement of its own";
        try
        {
            await using var look = session.Command(
                $"select coalesce(sha256({target.Bytes($"t.{target.Vector}")}) = $2, false) from {target.Relation} t where {One}", key, VectorBinary.Hash(_canary, target.HalfPrecision));
            return answers.Sticks(asked, rows, await look.ExecuteScalarAsync(cancel) is true);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege && role is not null)
        {
            return answers.Of(AccessQuestion.Sticks, AccessAnswer.NotMeasured, "The connection's role may not read the row, so nobody could look.", new(asked, $"42501: {refused.MessageText}"));
        }
    }

    /// <summary>A vector of unit length that no model makes.</summary>
    private static float[] Canary(int dimensions)
    {
        var vector = new float[dimensions];
        vector[^1] = 1;
        return vector;
    }
}
