using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// What is looked at before a run is made: what the keys look like, whether the database takes an update, what that sets off, and whether the
/// provider makes vectors for the column. Until the test update was read back, nobody outside is asked anything; until all have answered, no
/// row's text leaves the database.
/// </summary>
public sealed class Preflight(PreflightAccess access, PreflightDatabase database, StartPlanner planner, ProviderProbe probe)
{
    private const string NotStarted = "No run was started and no row's text was sent.";

    /// <summary>The steps that come before anything is planned: the settings' keys, and the server.</summary>
    /// <param name="writes">Whether the run would write vectors.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException">A key cannot be what its place asks for, or the server will not do.</exception>
    public async Task<IReadOnlyList<PreflightFinding>> BeginAsync(bool writes, CancellationToken cancel) => [access.Keys(), await database.ConnectionAsync(writes, cancel)];

    /// <summary>The other steps; a run that writes nothing has those that only read.</summary>
    /// <param name="begun">What the first steps found.</param>
    /// <param name="start">What would be started.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException">The first that refused, with its code and what to do.</exception>
    public async Task<PreflightPass> PassAsync(IReadOnlyList<PreflightFinding> begun, PlannedStart start, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(start);
        var (target, provider, plan, _) = start;
        var writes = start.Request.Kind == RunKind.Backfill;
        List<PreflightFinding> findings = [.. begun, .. await database.RoleAsync(start, writes, cancel)];
        if (!writes)
        {
            if (plan.Sample is { } sample)
            {
                var tried = await TryProviderAsync(provider, findings, cancel);
                findings.Add(new(PreflightStep.Confirmed, $"Every row is read again, and the texts of at most {sample:N0} of them are sent to {plan.Host} and embedded again{(plan.Provider == LocalEmbeddings.ProviderName ? "" : ", which is charged")}. Nothing is written to the table."));
                return new(plan with { AnswersAs = tried.AnswersAs }, findings);
            }

            findings.Add(new(PreflightStep.Confirmed, "Every row is read again. No text is sent, nothing is written to the table, and nothing is paid."));
            return new(plan, findings);
        }

        var count = await planner.CountAsync(start, cancel);
        findings.Add(Neighbours(count.Neighbours));
        var canary = await access.CanaryAsync(target, cancel);
        RefuseUnlessItCanWrite(target, canary.Role, canary.Answer);
        findings.Add(new(PreflightStep.Canary, canary.Answer.Sentence));
        // Whoever would swallow the write is said before whoever only watches it.
        count.Neighbours.RefuseUnless(start.Request.Accepts, target);
        findings.Add(await access.SecondOpinionAsync(target, cancel));
        findings.Add(await database.DiskAsync(target, count, cancel));
        var report = await TryProviderAsync(provider, findings, cancel);
        findings.Add(Confirmed(start, count));
        return new(plan with { AnswersAs = report.AnswersAs, Neighbours = count.Neighbours.Fingerprint }, findings);
    }

    /// <summary>Tries the database once more before a run goes on that was paused because it took no writes.</summary>
    /// <param name="target">The table.</param>
    /// <param name="pause">The code with which the run was paused; it is paused so again when the database takes no update yet.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="EmbeddingAdminException"><paramref name="pause"/>: the database takes no update yet.</exception>
    public async Task ResumeAsync(Target target, string pause, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        var (_, tried) = await access.CanaryAsync(target, cancel);
        if (tried.Code is { } code)
            throw new EmbeddingAdminException(pause, $"The test update before the run goes on did not come through ({code}). {tried.Sentence} Nothing more was written. Settle that and resume.");
    }

    private async Task<ProbeReport> TryProviderAsync(EmbeddingProvider provider, List<PreflightFinding> findings, CancellationToken cancel)
    {
        var report = await probe.ProbeAsync(provider, cancel);
        if (report.Code is { } code)
            throw new EmbeddingAdminException(code, ProviderFault.Join(report.Happened, NotStarted, report.ToDo));
        findings.Add(new(PreflightStep.Provider, report.Sentence));
        return report;
    }

    private static PreflightFinding Neighbours(WriteNeighbours neighbours) => neighbours.Fingerprint is { } fingerprint
        ? new(PreflightStep.Neighbours, $"An update sets off more than itself, which was seen and agreed to (list {fingerprint}). {string.Join(' ', neighbours.All.Select(each => each.Sentence))}")
        : new(PreflightStep.Neighbours, "An update sets off nothing else: no trigger, no rule, no publication, no webhook, no index on the vector.");

    private static PreflightFinding Confirmed(PlannedStart start, StartCount count)
    {
        var now = count.Rows is { } rows ? $"{(rows == 1 ? "1 row is" : $"{rows:N0} rows are")} in scope now" : "the table was too busy for the rows in scope to be counted";
        return new(PreflightStep.Confirmed, start.Request.Confirmed is not { } shown
            ? $"Rows, tokens and cost were not shown before the start; {now}."
            : $"Shown and confirmed were {shown.Rows:N0} rows, {Cost(start.Plan, shown.Tokens)}, as of {shown.AsOf.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; {now}.");
    }

    private static string Cost(RunPlan plan, TokenEstimate tokens) => plan switch
    {
        { Provider: LocalEmbeddings.ProviderName } => "no tokens and no cost",
        { Price: { } price } => $"{tokens.AtLeast:N0} to {tokens.AtMost:N0} tokens and a cost of {price.Of(tokens.AtLeast):0.0000} to {price.Of(tokens.AtMost):0.0000} {price.Currency}",
        _ => $"{tokens.AtLeast:N0} to {tokens.AtMost:N0} tokens without a price",
    };

    private static void RefuseUnlessItCanWrite(Target target, string role, AccessCell tried)
    {
        var table = $"{target.Table.Schema}.{target.Table.Table}";
        switch (tried.Code)
        {
            case null:
                return;
            case ErrorCodes.RowSecurity:
                throw WriteRefusal.RowSecurity(table, role);
            case ErrorCodes.Grant:
                throw new EmbeddingAdminException(
                    tried.Code,
                    $"The database role {role} may not update {table}. No run was started and no text was sent. Grant it: grant select, update ({target.Vector}) on {target.Relation} to {SqlName.Of(role)};");
            default:
                throw new EmbeddingAdminException(tried.Code, $"A test update of {table} {(tried.Code == ErrorCodes.WriteSwallowed ? "reported success and changed nothing" : "was refused")}. No run was started and no text was sent. {tried.Sentence}");
        }
    }
}
