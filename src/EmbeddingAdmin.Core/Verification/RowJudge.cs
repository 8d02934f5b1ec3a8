using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Verification;

/// <summary>What was found of a row.</summary>
/// <param name="Result">How it stands.</param>
/// <param name="Unclaimed">Its vector, when no run claims it.</param>
internal sealed record JudgedRow(RowResult Result, SeenVector? Unclaimed);

/// <summary>
/// Compares rows with what is claimed of them: the text's hash and the vector's bytes with the stamp, the vector's dimensions and norm with
/// what a search needs.
/// </summary>
internal sealed class RowJudge(NpgsqlDataSource database, VerifyScope scope, DatabasePatience patience, TimeProvider clock)
{
    private const double NormTolerance = 1e-3;

    // More than any vector has: how many this one has could only be asked by unpacking it once more.
    private const int MostDimensions = 16_000;

    // So few rows are not worth a second connection.
    private const int LeastRowsForTwo = 64;

    // Of any other model nobody knows how long its vectors are meant to be.
    private static readonly string[] UnitModels = [.. EmbeddingModels.All.Select(model => model.Name)];

    private WrittenProof? _proof;

    private readonly PatientRead _read = new(scope.Target.Relation, patience, clock);

    /// <summary>
    /// Judges the rows of these keys; one that is not in the table any more is left out. Unpacking and hashing is the server's work, so two of its
    /// processes have a half each; the page stays one, so that pages are entered in the order of their keys.
    /// </summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.DatabaseTooBusy"/>.</exception>
    /// <param name="keys">The keys.</param>
    /// <param name="again">Whether the first pass has been there: then only what it has counted is judged.</param>
    /// <param name="waiting">Told in words what is waited for; null when it is over.</param>
    /// <param name="cancel">Gives up at once.</param>
    public async Task<IReadOnlyList<JudgedRow>> JudgeAsync(string[] keys, bool again, Action<Wait?> waiting, CancellationToken cancel)
    {
        if (keys.Length < LeastRowsForTwo)
            return await _read.EachAsync(keys, some => ReadAsync(some, again, cancel), waiting, cancel);
        var half = keys.Length / 2;
        var halves = await Task.WhenAll(
            _read.EachAsync(keys[..half], some => ReadAsync(some, again, cancel), waiting, cancel),
            _read.EachAsync(keys[half..], some => ReadAsync(some, again, cancel), waiting, cancel));
        return [.. halves[0], .. halves[1]];
    }

    private async Task<IReadOnlyList<JudgedRow>> ReadAsync(string[] keys, bool again, CancellationToken cancel)
    {
        if (keys.Length == 0)
            return [];
        var target = scope.Target;
        var proof = _proof ??= await WrittenProof.ReadAsync(database, scope, cancel);
        await using var session = await TableSession.OpenAsync(database, patience.Read, scope.Run.Id, cancel, patience.Lock);
        // A vector is unpacked once. Of one that has to be hashed, subvector() gives a copy in memory, and OFFSET 0 keeps the planner from asking for it, or for what is computed of it, again.
        await using var command = session.Command(
            $"""
            select r.key::text,
                   case when r.vector is null and r.blank then -1
                        when r.vector is null and r.stamped is null then {(int)VerifyCheck.Missing}
                        when r.vector is null then {(int)VerifyCheck.Reverted}
                        when r.dims <> {target.Dimensions} then {(int)VerifyCheck.WrongDimensions}
                        when r.norm = 0 then {(int)VerifyCheck.ZeroVector}
                        when r.stamped is null then {(int)VerifyCheck.NeverStamped}
                        when r.hash <> r.vector_hash then {(int)VerifyCheck.Reverted}
                        when r.stamped_text <> r.text_hash then {(int)VerifyCheck.TextChanged}
                        when r.made_from <> $2 then {(int)VerifyCheck.OtherSettings}
                        when r.unit and abs(r.norm - 1) > {NormTolerance} then {(int)VerifyCheck.NotUnitLength}
                        else -2 end,
                   case when r.stamped is null then r.hash end, case when r.stamped is null then r.text_hash end
              from (select v.*, case when v.proven then {target.Dimensions} else {target.Function("vector_dims")}(v.vector) end as dims, {target.Norm("v.vector")} as norm,
                           case when v.proven then v.vector_hash else sha256({target.Bytes("v.vector")}) end as hash
                      from (select j.*, case when j.proven then j.stored else {target.Function("subvector")}(j.stored, 1, {MostDimensions}) end as vector
                              from (select t.{target.Key} as key, case when t.{target.Vector} is null then {target.Text.IsBlank} end as blank, s.row_key as stamped, s.vector_hash, s.made_from, s.text_hash as stamped_text,
                                           case when t.{target.Vector} is not null then {target.Text.Hash} end as text_hash, (m.provider = 'local' or m.model = any($3)) as unit,
                                           t.{target.Vector} as stored, {proof.Sql("$6", "$7")} as proven
                                      from {target.Relation} t
                                      left join embedding_admin.stamp s on s.vector_column = $1 and s.row_key = t.{target.Key}::text and s.row_key = any($4::text[])
                                      left join embedding_admin.made_from m on m.id = s.made_from
                                     where t.{target.Key} = any($4::text[]::{target.KeyType}[]) and {target.Filter} and {(again ? scope.Reached("$5") : "true")} offset 0) j
                            offset 0) v
                    offset 0) r
            """,
            scope.Run.VectorColumn, scope.MadeFrom, UnitModels, keys, scope.Run.Id, proof.Runs, proof.Oldest);
        var found = new List<JudgedRow>(keys.Length);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var (key, finding) = (reader.GetString(0), reader.GetInt32(1));
            var unclaimed = finding == (int)VerifyCheck.NeverStamped ? new SeenVector(key, reader.GetFieldValue<byte[]>(2), reader.GetFieldValue<byte[]>(3)) : null;
            found.Add(new(Result(key, finding), unclaimed));
        }

        return found;
    }

    private RowResult Result(string key, int finding) => finding switch
    {
        -2 => new(key, RowOutcome.AlreadyCurrent),
        -1 => new(key, RowOutcome.EmptySource),
        (int)VerifyCheck.WrongDimensions => VerifyChecks.Found(VerifyCheck.WrongDimensions, key, $"The vector does not have {scope.Target.Dimensions} dimensions."),
        _ => VerifyChecks.Found((VerifyCheck)finding, key),
    };
}
