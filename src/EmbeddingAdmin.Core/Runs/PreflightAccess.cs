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

    /// <inheritdoc cref="AccessProbe.CanaryAsync"/>
    public Task<(string Role, AccessCell Answer)> CanaryAsync(Target target, CancellationToken cancel) => access.CanaryAsync(target, cancel);

    /// <summary>What the project's API says of the keys. It decides nothing: the run writes over the database connection.</summary>
    public async Task<PreflightFinding> SecondOpinionAsync(Target target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (supabase.CurrentValue is { Url: null } options)
            return new(PreflightStep.Api, $"There is no second opinion. {options.Missing ?? "The project's API is not configured (Supabase:Url)."}");
        var service = await AskAsync(target, Identity.ServiceKey, cancel);
        var anonymous = await AskAsync(target, Identity.AnonymousKey, cancel);
        return new(PreflightStep.Api, $"The service key: {service.Sentence} The anonymous key: {anonymous.Sentence}", service.Answer is AccessAnswer.No or AccessAnswer.SilentlyNo ? service.Code : null);
    }

    private async Task<AccessCell> AskAsync(Target target, Identity key, CancellationToken cancel)
    {
        var cells = await access.TryAsync(target, key, new(), cancel);
        return cells.FirstOrDefault(cell => cell.Answer != AccessAnswer.Yes) ?? cells[^1];
    }

    private static string? Named(string place, string? key) => key is null ? null : $"{place} {SupabaseKey.Read(key)}";
}
