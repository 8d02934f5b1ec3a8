using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tasks;
using EmbeddingAdmin.Verification;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Makes a run's task from its plan, if the plan is still true of the table and the settings.</summary>
public sealed class RunTasks(NpgsqlDataSource database, RunProof proof, StampBook stamps, EventLog events, IOptions<VerifyOptions> verify, TimeProvider clock)
{
    /// <summary>How long the database is waited for.</summary>
    internal DatabasePatience Patience { get; set; } = new();

    /// <summary>The task of a run.</summary>
    /// <exception cref="EmbeddingAdminException">As for <see cref="RunProof.ProveAsync"/>.</exception>
    public Task<IRunTask> CreateAsync(Run run, CancellationToken cancel) => CreateAsync(run, null, cancel);

    /// <inheritdoc cref="RunProof.ExplainAsync"/>
    internal Task<Exception> ExplainAsync(Run run, Exception fault, CancellationToken cancel) => proof.ExplainAsync(run, fault, cancel);

    /// <summary>The same with vectors that were made before: what gives them stands in for the provider.</summary>
    internal async Task<IRunTask> CreateAsync(Run run, IEmbeddingGenerator<string, Embedding<float>>? shown, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (target, provider) = await proof.ProveAsync(run, cancel);
        var madeFrom = await stamps.OriginAsync(provider.Model, target.Text.Recipe, cancel);
        if (run.Writes)
            return new BackfillTask(database, target, run, provider, madeFrom, new PostgresWriter(database, target, run.VectorColumn, run.Attempt, clock) { Patience = Patience }, clock, shown is null ? Call() : new(shown, clock)) { Patience = Patience };
        var scope = new VerifyScope(target, run, madeFrom);
        return new VerifyTask(database, scope, TimeSpan.FromSeconds(verify.Value.SecondLookSeconds), Patience, clock)
        {
            Sample = run.Plan.Sample is null ? null : new(database, scope, provider, Call(), Patience, clock),
        };

        EmbeddingCall Call() => new(new RecordedKey(provider, run, events), clock, provider.Traffic);
    }
}
