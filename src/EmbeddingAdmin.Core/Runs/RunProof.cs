using EmbeddingAdmin.Access;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Proves, when a worker takes a run, that what it was planned on still stands: the database, the table, the provider, the recipe.</summary>
public sealed class RunProof(NpgsqlDataSource database, TableCatalog catalog, ProviderSource providers, RunStore store, Preflight preflight)
{
    /// <summary>The table and the provider of the run's plan.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RunDrift"/> or <see cref="ErrorCodes.TableUnknown"/>, <see cref="ErrorCodes.DatabaseStandby"/> or <see cref="ErrorCodes.DatabaseReadOnly"/>, or the canary of a run that was paused for the database's sake: nothing was written.</exception>
    public async Task<(Target Target, EmbeddingProvider Provider)> ProveAsync(Run run, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        await RefuseReadOnlyAsync(cancel);
        var server = await ServerIdentity.ReadAsync(database, cancel);
        if (run.Server is not { } known)
            await store.NoteServerAsync(run.Id, server.ToString(), cancel);
        else if (ServerIdentity.Parse(known).Unlike(server) is { } unlike)
            throw new ServerChangedException(unlike, server);

        var (target, provider) = await MatchAsync(run, cancel);
        // A run from before shapes were planned is held to what it finds now.
        var shape = run.Plan.Shape ?? await TableShape.ReadAsync(database, target.Table, target.KeyName, cancel) ?? throw Drift.Of($"The table {target.Relation} is not there any more.");
        target = target with { Frozen = await FrozenTable.ReadAsync(database, target.Table, shape, server, cancel) };
        if (run.Writes && await store.LastPauseAsync(run.Id, cancel) is { } pause && RunFault.IsOfTheDatabase(pause))
            await preflight.ResumeAsync(target, pause, cancel);
        return (target, provider);
    }

    /// <summary>
    /// Why a run that was paused for the database's sake cannot go on yet: one update is tried and rolled back. Null when it can, and for a run
    /// that was paused for something else.
    /// </summary>
    public async Task<string?> WhyNotYetAsync(Run run, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (!run.Writes || run.ReasonCode is not { } pause || !RunFault.IsOfTheDatabase(pause))
            return null;
        try
        {
            await RefuseReadOnlyAsync(cancel);
            var (target, _) = await MatchAsync(run, cancel);
            await preflight.ResumeAsync(target, pause, cancel);
            return null;
        }
        catch (EmbeddingAdminException fault) when (fault.Code == pause || RunFault.IsOfTheDatabase(fault.Code))
        {
            return fault.Message;
        }
        catch (EmbeddingAdminException)
        {
            // Whatever else is not as it was is said by the worker that takes the run.
            return null;
        }
        catch (PostgresException fault) when (DatabaseFaults.IsForSomebody(fault))
        {
            return RunFault.Judge(fault, default).Reason!.Sentence;
        }
    }

    /// <summary>What is really behind a fault of the database: a standby, or a table that is not as planned any more. The fault itself when it is neither, or nobody answers.</summary>
    internal async Task<Exception> ExplainAsync(Run run, Exception fault, CancellationToken cancel)
    {
        if (fault is not PostgresException answer || DatabaseFaults.IsLost(answer) || DatabaseFaults.IsBusy(answer) || DatabaseFaults.IsRefusal(answer))
            return fault;
        try
        {
            if (answer.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
                await RefuseReadOnlyAsync(cancel);
            else
                await MatchAsync(run, cancel);
        }
        catch (EmbeddingAdminException cause)
        {
            return cause;
        }
        catch (Exception silent) when (silent is NpgsqlException or OperationCanceledException or ProviderFault)
        {
            // Then the fault itself is all that is known.
        }

        return fault;
    }

    private async Task<(Target Target, EmbeddingProvider Provider)> MatchAsync(Run run, CancellationToken cancel)
    {
        var table = catalog.Find(run.Table)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableUnknown, $"The settings name no table {run.Table} any more. Nothing was written. Name it again and resume, or cancel the run.");
        // Before the table is resolved, which tells only whether it could be used, not whether it is the one that was meant.
        if (run.Plan.Shape is { } planned && planned.Unlike(await TableShape.ReadAsync(database, table, table.Key ?? planned.Key?.Name ?? "", cancel)) is { } sentence)
            throw Drift.Of(sentence);
        Target target;
        try
        {
            target = await catalog.ResolveAsync(table, cancel);
        }
        catch (EmbeddingAdminException unusable)
        {
            throw Drift.Of($"The table {table.Name} cannot be used any more as it was planned ({unusable.Code}). {unusable.Message}");
        }

        var provider = providers.For(target);
        return Unlike(run.Plan, provider.Model, target) is { } unlike ? throw Drift.Of(unlike) : (target, provider);
    }

    private static string? Unlike(RunPlan plan, EmbeddingModel now, Target target)
    {
        if ((plan.Provider, plan.Host) != (now.Provider, now.Host))
            return $"The run was planned for the provider {plan.Provider} at {plan.Host}, and the settings name {now.Provider} at {now.Host} now.";
        if (plan.Model != now.Model)
            return $"The run was planned for the model {plan.Model}, and the settings name {now.Model} now.";
        if (plan.Dimensions != now.Dimensions)
            return $"The run was planned for vectors of {plan.Dimensions} dimensions, and they would have {now.Dimensions} now.";
        return plan.Recipe != target.Text.Recipe
            ? $"The run was planned for {Version(plan.RecipeVersion)} of the text recipe of {target.Table.Name}, and {Version(target.Recipe.Version)} is in force now."
            : null;
    }

    private static string Version(int? version) => version is { } number ? $"version {number}" : "another version";

    private async Task RefuseReadOnlyAsync(CancellationToken cancel)
    {
        var (standby, readOnly) = await LookAsync(cancel);
        if (standby || readOnly)
        {
            // A session keeps the setting that it began with, also when the restriction was lifted meanwhile.
            database.Clear();
            (standby, readOnly) = await LookAsync(cancel);
        }

        if (standby)
            throw new EmbeddingAdminException(ErrorCodes.DatabaseStandby, RunFault.Standby);
        if (readOnly)
            throw new EmbeddingAdminException(ErrorCodes.DatabaseReadOnly, RunFault.ReadOnly);
    }

    private async Task<(bool Standby, bool ReadOnly)> LookAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return (reader.GetBoolean(0), reader.GetBoolean(1));
    }
}
