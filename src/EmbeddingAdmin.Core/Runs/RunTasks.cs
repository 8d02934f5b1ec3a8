using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Tasks;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.AI;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Makes a run's task from its plan, if the plan is still true of the table and the settings.</summary>
public sealed class RunTasks(NpgsqlDataSource database, TableCatalog catalog, StampBook stamps, ProviderSource providers, TimeProvider clock)
{
    /// <summary>How long the database is waited for.</summary>
    internal DatabasePatience Patience { get; set; } = new();

    /// <summary>The task of a run.</summary>
    /// <exception cref="EmbeddingAdminException">The table cannot be resolved, or <see cref="ErrorCodes.RunDrift"/>: model, dimensions or recipe are not what the plan was made for.</exception>
    public Task<IRunTask> CreateAsync(Run run, CancellationToken cancel) => CreateAsync(run, null, cancel);

    /// <summary>The same with vectors that were made before: what gives them stands in for the provider.</summary>
    internal async Task<IRunTask> CreateAsync(Run run, IEmbeddingGenerator<string, Embedding<float>>? shown, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        var table = catalog.Find(run.Table)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableUnknown, $"The settings name no table {run.Table} any more. Nothing was written. Name it again, or cancel the run.");
        var target = await catalog.ResolveAsync(table, cancel);
        var provider = providers.For(target);
        if (run.Writes && (provider.Model != run.Plan.MadeBy || target.Text.Recipe != run.Plan.Recipe))
            throw new EmbeddingAdminException(
                ErrorCodes.RunDrift,
                $"The run was planned for {run.Plan.Model} at {run.Plan.Host} with {run.Plan.Dimensions} dimensions, and the settings, the column or the text recipe are not so any more. Nothing more was written. Put them back and retry, or cancel this run and start a new one.");
        var madeFrom = await stamps.OriginAsync(provider.Model, target.Text.Recipe, cancel);
        if (run.Writes)
            return new BackfillTask(database, target, run, provider, madeFrom, new PostgresWriter(database, target, run.VectorColumn, run.Attempt, clock) { Patience = Patience }, clock, shown) { Patience = Patience };
        return new VerifyTask(database, await database.OpenConnectionAsync(cancel), target, run, madeFrom) { Patience = Patience, Clock = clock };
    }
}
