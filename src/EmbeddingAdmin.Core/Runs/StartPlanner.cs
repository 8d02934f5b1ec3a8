using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Turns a request into the plan of a run, and tells what it would come to.</summary>
public sealed class StartPlanner(NpgsqlDataSource database, TableCatalog catalog, StampBook stamps, ProviderSource providers, IOptions<BackfillOptions> options, StartEstimate estimate, StartScope scopes)
{
    // Before there is a run, nothing was done by it.
    private const long NoRun = 0;
    private const int NoAttempt = 0;

    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CountTimeout = TimeSpan.FromMinutes(5);

    /// <summary>The plan of a run that would be started now.</summary>
    /// <exception cref="EmbeddingAdminException">The table is not configured or cannot be resolved, the request asks for nothing, or the provider is known not to fit the column.</exception>
    public async Task<PlannedStart> PlanAsync(StartRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        var table = catalog.Find(request.Table)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableUnknown, $"The settings name no table {request.Table}. Nothing was started. There are: {string.Join(", ", catalog.Tables.Select(t => t.Name))}.");
        var target = await catalog.ResolveAsync(table, cancel);
        if (request.Embeds && target.Recipe.Origin == RecipeOrigin.Proposed)
            throw new EmbeddingAdminException(ErrorCodes.RecipeUnconfirmed, $"The text recipe of {table.Name} is a proposal that nobody has confirmed. Nothing was started and no text was sent. Open the table's text, look at what it makes of real rows, and confirm it.");
        var column = await stamps.ColumnAsync(target.ColumnName, cancel);
        await scopes.RefuseAsync(request, target, column, cancel);
        var provider = request.Embeds ? providers.ToFill(target) : providers.For(target);
        var model = provider.Model;
        var plan = new RunPlan
        {
            Scope = States(request),
            Keys = StartScope.Keys(request, target),
            FailedIn = request.FailedIn,
            FailedAs = request.FailedAs,
            Owner = request.Owner,
            Limit = request.Limit,
            Sample = request.Sample,
            Provider = model.Provider,
            Host = model.Host,
            Model = model.Model,
            Dimensions = model.Dimensions,
            Recipe = target.Text.Recipe,
            RecipeVersion = target.Recipe.Version,
            Shape = await TableShape.ReadAsync(database, table, target.KeyName, cancel),
            PageSize = request.Kind == RunKind.Backfill ? options.Value.PageSize : options.Value.ReadSize,
            RowsPerSecond = request.Kind == RunKind.Backfill ? options.Value.RowsPerSecond : null,
            Price = request.Embeds ? estimate.Price(model) : null,
            KeyFingerprint = request.Embeds ? provider.KeyFingerprint : null,
        };
        return new(target, provider, plan, column) { Request = request };
    }

    /// <summary>Makes the recipe that a run begins with a version of its own, if it is not one yet.</summary>
    public async Task<RunPlan> NumberRecipeAsync(Target target, RunPlan plan, Events.Actor actor, CancellationToken cancel) =>
        plan with { RecipeVersion = await catalog.Recipes.UseAsync(target, actor, cancel) };

    /// <summary>The rows that a start would take, without looking at their texts, and what else their updates set off.</summary>
    /// <exception cref="EmbeddingAdminException">Row-level security hides rows from this role, or it lacks a grant.</exception>
    public async Task<StartCount> CountAsync(PlannedStart start, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(start);
        var (target, provider, plan, column) = start;
        var madeFrom = await stamps.OriginAsync(provider.Model, target.Text.Recipe, cancel);
        var scope = new RunScope(target, plan);
        long? rows = null;
        try
        {
            await using var session = await TableSession.OpenAsync(database, CountTimeout, cancel);
            await using var command = session.Command($"select count(*) from (select from {scope.Rows} limit $6) counted", column, madeFrom, NoRun, NoAttempt, scope.Values, plan.Limit ?? long.MaxValue);
            rows = (long)(await command.ExecuteScalarAsync(cancel))!;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
        catch (PostgresException busy) when (DatabaseFaults.IsBusy(busy))
        {
            // A start does not wait for whoever holds the table; the run does.
        }

        return new(rows, await estimate.NeighboursAsync(target, new(rows, plan.PageSize, AtMost: plan.Keys is not [_]), cancel));
    }

    /// <summary>What a start would come to.</summary>
    /// <exception cref="EmbeddingAdminException">As for <see cref="PlanAsync"/>, or row-level security hides rows from this role.</exception>
    public async Task<StartPreview> PreviewAsync(StartRequest request, CancellationToken cancel)
    {
        var start = await PlanAsync(request, cancel);
        var (target, provider, plan, column) = start;
        var texts = await ReadTextsAsync(start, cancel);
        var (time, basis) = await estimate.TimeAsync(request, plan, texts.Rows, cancel);
        var writes = request.Kind == RunKind.Backfill;
        return new StartPreview
        {
            Request = request,
            Plan = plan,
            Rows = texts.Rows,
            RowsWithText = texts.WithText,
            Notice = provider.Notice,
            SampleKey = texts.Sample?[0],
            SampleText = texts.Sample?[1],
            Tokens = await estimate.TokensAsync(column, provider.Model, texts.Bytes, cancel),
            Time = time,
            TimeBasis = basis,
            Neighbours = writes ? await estimate.NeighboursAsync(target, new(texts.WithText, plan.PageSize), cancel) : WriteNeighbours.None,
            Indexes = writes ? await estimate.AdviseAsync(request, target, plan, texts.WithText, cancel) : null,
            AsOf = texts.AsOf,
        };
    }

    private sealed record Texts(long Rows, long WithText, long Bytes, DateTimeOffset AsOf, string[]? Sample);

    private async Task<Texts> ReadTextsAsync(PlannedStart start, CancellationToken cancel)
    {
        var (target, provider, plan, column) = start;
        var madeFrom = await stamps.OriginAsync(provider.Model, target.Text.Recipe, cancel);
        var scope = new RunScope(target, plan);
        // Counted to the end, or to the last row that would be taken.
        var first = plan.Limit is null ? "" : $"order by t.{target.Key} limit $6";
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using var command = session.Command(
                $"""
                with scope as (
                  select t.{target.Key}::text as key, {target.Text.Expression} as text
                    from {scope.Rows} {first})
                select count(*), count(*) filter (where text <> ''), coalesce(sum(octet_length(text)), 0)::bigint, clock_timestamp(),
                       (select array[key, text] from scope where text <> '' limit 1)
                  from scope
                """,
                column, madeFrom, NoRun, NoAttempt, scope.Values);
            if (plan.Limit is { } limit)
                command.Parameters.Add(new() { Value = limit });
            await using var reader = await command.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            return new(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetFieldValue<DateTimeOffset>(3),
                await reader.IsDBNullAsync(4, cancel) ? null : reader.GetFieldValue<string[]>(4));
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    // Among what is missing, a row without text is looked at and listed as nothing to embed: it has no vector either.
    private static CoverageState[] States(StartRequest request) =>
        request.Kind == RunKind.Verify || request.Keys is not null || request.FailedIn is not null ? []
        : request.Scope.Contains(CoverageState.Missing) ? [.. request.Scope, CoverageState.EmptySource]
        : [.. request.Scope];
}
