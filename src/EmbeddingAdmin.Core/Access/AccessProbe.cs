using System.Collections.Concurrent;
using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Answers "who can write?" by trying: a statement that is rolled back, and requests that change nothing. Facts that only look like
/// rights (a key's name, a count, RETURNING) are not believed.
/// </summary>
public sealed class AccessProbe(NpgsqlDataSource database, TableCatalog catalog, SqlProbe sql, SupabaseApi api, IOptions<SupabaseOptions> supabase, TimeProvider clock)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(8);

    private readonly ConcurrentDictionary<string, IReadOnlyList<WriteProbe>> _measured = new(StringComparer.Ordinal);

    /// <summary>The last measurement of a table, or null.</summary>
    public IReadOnlyList<WriteProbe>? Latest(string table) => _measured.GetValueOrDefault(table);

    private readonly ConcurrentDictionary<string, AccessMatrix> _matrices = new(StringComparer.Ordinal);

    /// <summary>The last matrix of a table, or null.</summary>
    public AccessMatrix? LatestMatrix(string table) => _matrices.GetValueOrDefault(table);

    /// <summary>Measures every identity.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public async Task<AccessMatrix> MatrixAsync(EmbeddingTable table, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var target = await catalog.ResolveAsync(table, cancel);
        var cells = new List<AccessCell>();
        foreach (var who in Identity.All)
            cells.AddRange(await TryAsync(target, who, how, cancel));
        var own = await RoleFacts.ReadAsync(database, null, target.Facts.Oid, cancel);
        return _matrices[table.Name] = new(table.Name, own?.Name ?? "", cells, clock.GetUtcNow());
    }

    /// <summary>The three answers of one identity.</summary>
    public async Task<IReadOnlyList<AccessCell>> TryAsync(Target target, Identity who, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(who);
        return who.Way == Way.Sql ? await sql.TryAsync(target, who, how, cancel) : AccessAnswers.NotMeasured(who, "The API is asked by a part that is not there yet.", clock);
    }

    /// <summary>Measures all three writers.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved.</exception>
    public async Task<IReadOnlyList<WriteProbe>> MeasureAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        var target = await catalog.ResolveAsync(table, cancel);
        return _measured[table.Name] =
        [
            await DatabaseAsync(target, cancel),
            await OverApiAsync(target, Writer.ServiceKey, "service key", supabase.Value.ServiceKey, cancel),
            await OverApiAsync(target, Writer.AnonymousKey, "anonymous key", supabase.Value.AnonKey, cancel),
        ];
    }

    /// <summary>
    /// The canary: writes a test vector to one row and reads it in a second statement, deferred triggers fired, and rolls back.
    /// </summary>
    public async Task<WriteProbe> DatabaseAsync(Target target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        var role = "";
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using (var who = session.Command("select current_user::text"))
                role = (string)(await who.ExecuteScalarAsync(cancel))!;
            string? key;
            await using (var pick = session.Command($"select t.{target.Key}::text from {target.Relation} t where {target.Filter} order by t.{target.Key} limit 1 for no key update skip locked"))
                key = (string?)await pick.ExecuteScalarAsync(cancel);
            if (key is null)
                return Answer(WriteAnswer.NotMeasured, "The table has no row to try it on.", "No row could be locked.");
            var vector = Canary(target.Dimensions);
            var parameter = new NpgsqlParameter { Value = (ReadOnlyMemory<float>)vector, DataTypeName = $"{target.Facts.VectorSchema}.vector" };
            int rows;
            await using (var update = session.Command($"update {target.Relation} t set {target.Vector} = {target.AsColumn("$2")} where t.{target.Key} = $1::text::{target.KeyType}", key, parameter))
                rows = await update.ExecuteNonQueryAsync(cancel);
            await using (var deferred = session.Command("set constraints all immediate"))
                await deferred.ExecuteNonQueryAsync(cancel);
            await using var look = session.Command(
                $"select coalesce(sha256({target.Bytes($"t.{target.Vector}")}) = $2, false) from {target.Relation} t where t.{target.Key} = $1::text::{target.KeyType}",
                key, VectorBinary.Hash(vector, target.HalfPrecision));
            var stuck = await look.ExecuteScalarAsync(cancel) is true;
            var evidence = $"update of one row as {role}: {rows} row reported, then read in a second statement: {(stuck ? "the vector is there" : "the vector is not there")}; rolled back.";
            return stuck
                ? Answer(WriteAnswer.Yes, "It can write: the test vector was in the row, and was rolled back.", evidence)
                : Answer(WriteAnswer.SilentlyNo, "An update reports success and changes nothing. Look for triggers and rules on the table.", evidence, ErrorCodes.WriteSwallowed);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            var why = WriteRefusal.Explain(target, refused);
            return why.Code == ErrorCodes.RowSecurity
                ? Answer(WriteAnswer.SilentlyNo, $"Row-level security filters its updates: they report success and change nothing ({why.Code}).", $"With row_security = off Postgres says 42501: {refused.MessageText}", why.Code)
                : Answer(WriteAnswer.No, $"It lacks a grant ({why.Code}).", $"Postgres says 42501: {refused.MessageText}", why.Code);
        }
        catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled)
        {
            return Answer(WriteAnswer.NotMeasured, "The table was busy; measure again.", $"Postgres says {busy.SqlState}.");
        }

        WriteProbe Answer(WriteAnswer answer, string sentence, string evidence, string? code = null) => new(Writer.DatabaseRole, role, answer, sentence, evidence, clock.GetUtcNow(), code);
    }

    private async Task<WriteProbe> OverApiAsync(Target target, Writer writer, string name, string? key, CancellationToken cancel)
    {
        if (supabase.Value.Url is null || key is null)
            return supabase.Value.Missing is { } missing ? Answer(WriteAnswer.NotMeasured, missing, "")
                : key is not null ? Answer(WriteAnswer.NotMeasured, "No project address is set (Supabase:Url or SUPABASE_URL).", "")
                : writer == Writer.ServiceKey ? Answer(WriteAnswer.NotMeasured, "No Supabase service key is set (Supabase:ServiceKey or SUPABASE_SERVICE_ROLE_KEY).", "", ErrorCodes.NoServiceKey)
                : Answer(WriteAnswer.NotMeasured, "No anonymous key is set (Supabase:AnonKey or SUPABASE_ANON_KEY).", "");
        if (target.Facts.UpdateTriggers.Count > 0)
            return Answer(WriteAnswer.NotMeasured, "The table has triggers that an update fires, so no request was sent.", $"Triggers: {string.Join(", ", target.Facts.UpdateTriggers)}");
        if (target.Facts.Publications.Count > 0)
            return Answer(WriteAnswer.NotMeasured, "The table is published, so that even a request that changes no value would be passed on to whoever listens; none was sent.", $"Publications: {string.Join(", ", target.Facts.Publications)}");
        // A row may get its vector between our two looks; then another row is tried.
        for (var tries = 0; tries < 3; tries++)
        {
            if (await SampleAsync(target, cancel) is not { } sample)
                return Answer(WriteAnswer.NotMeasured, "The table has no row to try it on, or a run is writing them.", "");
            var access = new ApiAccess(supabase.Value.Url, key);
            var answer = await api.SendAsync(
                sample.Vector is null ? ApiRequest.Update(target, new(sample.Key, null, ""), null, access) : ApiRequest.AsTheScripts(target, sample.Key, sample.Vector, access) with { Singular = true, Prefer = "return=representation" }, cancel);
            if (answer.Status == 0)
                return Answer(WriteAnswer.NotMeasured, "The API does not answer.", answer.Silence);

            var evidence = $"PATCH of one row with the value that it has: HTTP {answer.Status} {answer.Code}".TrimEnd();
            switch (answer)
            {
                case { Status: 200 }:
                    return Answer(WriteAnswer.Yes, "It can write: the API changed the row (to the value that it had).", evidence);
                case { Code: "PGRST116" } when await IsUnchangedAsync(target, sample, cancel):
                    return Answer(WriteAnswer.SilentlyNo, "Silently no: row-level security filters its updates. A script that uses it is answered with success, and nothing is written.", evidence);
                case { Code: "PGRST116" }:
                    continue;
                case { Status: >= 500 }:
                    return Answer(WriteAnswer.NotMeasured, $"The API failed with HTTP {answer.Status}, which says nothing of rights; measure again.", evidence);
                default:
                    return Answer(WriteAnswer.No, answer.Code == "42501" ? "No: it lacks a grant on the table." : $"No: the API refused with HTTP {answer.Status}.", evidence);
            }
        }

        return Answer(WriteAnswer.NotMeasured, "The rows changed while they were being measured; measure again.", "");

        WriteProbe Answer(WriteAnswer answer, string sentence, string evidence, string? code = null) => new(writer, name, answer, sentence, evidence, clock.GetUtcNow(), code);
    }

    /// <summary>A row to send back as it is: one without a vector if there is one, since that can be made a condition of the request.</summary>
    private async Task<(string Key, string? Vector)?> SampleAsync(Target target, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(
            $"""
            (select t.{target.Key}::text, null::text from {target.Relation} t where {target.Filter} and t.{target.Vector} is null limit 1)
            union all
            (select t.{target.Key}::text, t.{target.Vector}::text from {target.Relation} t
              where {target.Filter} and not exists (select from embedding_admin.run r join embedding_admin.vector_column c on c.id = r.vector_column
                                 where c.name = $1 and r.kind = 'backfill' and r.status in ('running', 'pausing', 'cancelling')) limit 1)
            limit 1
            """,
            target.ColumnName);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetString(0), await reader.IsDBNullAsync(1, cancel) ? null : reader.GetString(1)) : null;
    }

    private async Task<bool> IsUnchangedAsync(Target target, (string Key, string? Vector) sample, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(
            $"select t.{target.Vector}::text is not distinct from $2 from {target.Relation} t where t.{target.Key} = $1::text::{target.KeyType}", sample.Key, sample.Vector);
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    /// <summary>A vector of unit length that no model makes.</summary>
    private static float[] Canary(int dimensions)
    {
        var vector = new float[dimensions];
        vector[^1] = 1;
        return vector;
    }
}
