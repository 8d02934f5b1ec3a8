using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>
/// Tries over the API what a configured key can do to one row: it asks for the row, sends it the vector that it has, on condition that it still has
/// it, and reads it over the database connection. Nothing is ever written but what is there.
/// </summary>
public sealed class ApiProbe(NpgsqlDataSource database, SupabaseApi api, WriteFactsReader facts, IOptionsMonitor<SupabaseOptions> settings, TimeProvider clock)
{
    private const int Tries = 3;

    /// <summary>The three answers for an identity that comes by the API.</summary>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public async Task<IReadOnlyList<AccessCell>> TryAsync(Target target, Identity who, AccessTry how, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(who);
        ArgumentNullException.ThrowIfNull(how);
        var (access, missing, code) = AccessOf(who);
        if (access is null)
            return NotMeasured(who, missing, code);
        var own = await RoleFacts.ReadAsync(database, null, target.Facts.Oid, cancel);
        var role = await RoleFacts.ReadAsync(database, who.Role, target.Facts.Oid, cancel);
        var stands = await facts.ReadAsync(target.Table, cancel);
        var rows = new SampleRows(database, target, own is { Filtered: true });
        var trial = new ApiTrial(api, rows, target, access, new(who, role, target, clock))
        {
            Unasked = how.MayFire || stands is null ? null : Fires(stands),
            CanBeUndone = stands is { Triggers: [_, ..] } or { Rules: [_, ..] },
        };
        try
        {
            for (var tries = 0; tries < Tries; tries++)
            {
                if (await rows.PickAsync(how.Key, cancel) is not { } row)
                    return NotMeasured(who, how.Key is null ? "The connection's role sees no row to try it on, or a run is writing them." : $"The row {how.Key} is not there, or a run is writing it.");
                // A row may be changed between our looks; then another is tried.
                if (await trial.RunAsync(row, cancel) is { } answers)
                    return answers;
            }

            return NotMeasured(who, "The rows changed while they were being measured; measure again.");
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return NotMeasured(who, $"The connection's own role may not read the table, so that there is no row to try it on. Postgres says 42501: {refused.MessageText}.");
        }
    }

    private (ApiAccess? Access, string Missing, string? Code) AccessOf(Identity who)
    {
        var now = settings.CurrentValue;
        var service = who == Identity.ServiceKey;
        var key = service ? now.ServiceKey : who == Identity.AnonymousKey ? now.AnonKey : throw new InvalidOperationException($"No key is configured for {who.Slug}.");
        // Settings can change after the start, which looked at them.
        var setting = service ? SupabaseKeyRules.ServiceKey : SupabaseKeyRules.AnonKey;
        var wrong = now.Problems(clock.GetUtcNow()).FirstOrDefault(problem => problem.Setting == SupabaseUrl.Setting || problem.Setting == setting);
        return (now.Url, key) switch
        {
            ({ } url, not null) when wrong is null => (new(url, key), "", null),
            (not null, not null) => (null, $"{wrong!.Setting}: {wrong.Sentence} Nothing was sent.", wrong.Code),
            _ when now.Missing is { } missing => (null, missing, null),
            (null, not null) => (null, "No project address is set (Supabase:Url or SUPABASE_URL).", null),
            _ when service => (null, "No Supabase service key is set (Supabase:ServiceKey or SUPABASE_SERVICE_ROLE_KEY).", ErrorCodes.NoServiceKey),
            _ => (null, "No anonymous key is set (Supabase:AnonKey or SUPABASE_ANON_KEY).", null),
        };
    }

    /// <summary>Why no update is sent unasked; null when nothing would come of it.</summary>
    private static string? Fires(WriteFacts facts)
    {
        (string One, string Many, IReadOnlyList<string> Names)[] kinds =
        [
            ("the trigger", "the triggers", [.. facts.Triggers.Select(trigger => trigger.Name)]),
            ("the rule", "the rules", [.. facts.Rules.Select(rule => rule.Name)]),
            ("the publication", "the publications", facts.Publications),
        ];
        var named = kinds.Where(kind => kind.Names.Count > 0).Select(kind => $"{(kind.Names.Count == 1 ? kind.One : kind.Many)} {string.Join(", ", kind.Names)}").ToArray();
        return named.Length == 0 ? null
            : $"Over the API even an update that changes no value is a real one, and would set off {string.Join(" and ", named)}. None was sent. Agree to that to have it measured.";
    }

    private AccessCell[] NotMeasured(Identity who, string why, string? code = null) =>
        [.. Enum.GetValues<AccessQuestion>().Select(question => new AccessCell(who, question, AccessAnswer.NotMeasured, why, Evidence.None, clock.GetUtcNow(), code))];
}
