using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Runs;

/// <summary>The steps of the preflight about who may write: the keys by their form, an update that is rolled back, and the API's second opinion.</summary>
public sealed class PreflightAccess(AccessProbe access, IOptionsMonitor<SupabaseOptions> supabase, TimeProvider clock)
{
    /// <summary>Looks at the form of the configured keys; nothing is sent anywhere.</summary>
    /// <exception cref="EmbeddingAdminException">A key cannot be what its place asks for, or the address is wrong.</exception>
    public PreflightFinding Keys()
    {
        var options = supabase.CurrentValue;
        if (options.Problems(clock.GetUtcNow()) is [var problem, ..])
            throw new EmbeddingAdminException(problem.Code, $"{problem.Setting}: {problem.Sentence} No run was started and nothing was sent.");
        var keys = new[] { Named("service key", options.ServiceKey), Named("anonymous key", options.AnonKey) }.OfType<string>().ToList();
        var remarks = options.Warnings();
        return new(
            PreflightStep.Keys,
            string.Join(' ', [keys.Count == 0 ? "No key of the project's API is set; a run does not need one." : $"By their form, the keys are what their places ask for: {string.Join(", ", keys)}.", .. remarks.Select(remark => $"{remark.Setting}: {remark.Sentence}")]),
            remarks.Count > 0 ? remarks[0].Code : null);
    }

    /// <summary>Writes a test vector to one row, reads it in a second statement, and rolls back.</summary>
    public Task<WriteProbe> CanaryAsync(Target target, CancellationToken cancel) => access.DatabaseAsync(target, cancel);

    /// <summary>What the project's API says of the keys. It decides nothing: the run writes over the database connection.</summary>
    public async Task<PreflightFinding> SecondOpinionAsync(Target target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (supabase.CurrentValue is { Url: null } options)
            return new(PreflightStep.Api, $"There is no second opinion. {options.Missing ?? "The project's API is not configured (Supabase:Url)."}");
        var asked = await AskAsync(target, cancel);
        var odd = asked.FirstOrDefault(probe => probe.Writer == Writer.ServiceKey && probe.Answer is WriteAnswer.No or WriteAnswer.SilentlyNo);
        return new(PreflightStep.Api, string.Join(' ', asked.Select(probe => $"The {probe.Name}: {probe.Sentence}")), odd is null ? null : odd.Code ?? (odd.Answer == WriteAnswer.SilentlyNo ? ErrorCodes.RowSecurity : ErrorCodes.Grant));
    }

    private async Task<IReadOnlyList<WriteProbe>> AskAsync(Target target, CancellationToken cancel) =>
        [.. (await access.MeasureAsync(target.Table, cancel)).Where(probe => probe.Writer != Writer.DatabaseRole)];

    private static string? Named(string place, string? key) => key is null ? null : $"{place} {SupabaseKey.Read(key)}";
}
