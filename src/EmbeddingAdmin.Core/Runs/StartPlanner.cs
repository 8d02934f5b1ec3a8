using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Turns a request into the plan of a run, and tells what it would come to.</summary>
public sealed class StartPlanner(NpgsqlDataSource database, TableCatalog catalog, StampBook stamps, ProviderSource providers, IOptions<BackfillOptions> options, StartEstimate estimate)
{
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The plan of a run that would be started now.</summary>
    /// <exception cref="EmbeddingAdminException">The table is not configured or cannot be resolved, the request asks for nothing, or the provider is known not to fit the column.</exception>
    public async Task<(Target Target, EmbeddingProvider Provider, RunPlan Plan, int Column)> PlanAsync(StartRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        var table = catalog.Find(request.Table)
            ?? throw new EmbeddingAdminException(ErrorCodes.TableUnknown, $"The settings name no table {request.Table}. Nothing was started. There are: {string.Join(", ", catalog.Tables.Select(t => t.Name))}.");
        if (request.Limit is <= 0)
            throw new EmbeddingAdminException(ErrorCodes.OutOfRange, $"A limit of {request.Limit} rows is none. Nothing was started. Name 1 or more, or leave it out.");
        var target = await catalog.ResolveAsync(table, cancel);
        if (request.Kind == RunKind.Backfill && target.Recipe.Origin == RecipeOrigin.Proposed)
            throw new EmbeddingAdminException(ErrorCodes.RecipeUnconfirmed, $"The text recipe of {table.Name} is a proposal that nobody has confirmed. Nothing was started and no text was sent. Open the table's text, look at what it makes of real rows, and confirm it.");
        var provider = request.Kind == RunKind.Backfill ? providers.ToFill(target) : providers.For(target);
        var model = provider.Model;
        var plan = new RunPlan
        {
            // A row without text has no vector either: it is looked at, and listed as nothing to embed.
            Scope = request.Kind == RunKind.Backfill && request.Keys is null ? [.. request.Scope, CoverageState.EmptySource] : [],
            Keys = Keys(request, target),
            Limit = request.Limit,
            Provider = model.Provider,
            Host = model.Host,
            Model = model.Model,
            Dimensions = model.Dimensions,
            Recipe = target.Text.Recipe,
            RecipeVersion = target.Recipe.Version,
            Shape = await TableShape.ReadAsync(database, table, target.KeyName, cancel),
            PageSize = request.Kind == RunKind.Backfill ? options.Value.PageSize : options.Value.BatchSize,
            RowsPerSecond = request.Kind == RunKind.Backfill ? options.Value.RowsPerSecond : null,
            Price = request.Kind == RunKind.Backfill ? estimate.Price(model) : null,
        };
        return (target, provider, plan, await stamps.ColumnAsync(target.ColumnName, cancel));
    }

    /// <summary>Makes the recipe that a run begins with a version of its own, if it is not one yet.</summary>
    public async Task<RunPlan> NumberRecipeAsync(Target target, RunPlan plan, Events.Actor actor, CancellationToken cancel) =>
        plan with { RecipeVersion = await catalog.Recipes.UseAsync(target, actor, cancel) };

    /// <summary>What a start would come to.</summary>
    /// <exception cref="EmbeddingAdminException">As for <see cref="PlanAsync"/>, or row-level security hides rows from this role.</exception>
    public async Task<StartPreview> PreviewAsync(StartRequest request, CancellationToken cancel)
    {
        var (target, provider, plan, column) = await PlanAsync(request, cancel);
        var madeFrom = await stamps.OriginAsync(provider.Model, target.Text.Recipe, cancel);
        var scope = plan.Keys is not null ? $"t.{target.Key} = any($3::{target.KeyType}[])"
            : plan.Scope.Count == 0 ? "true"
            : $"({CoverageStates.Classify(target, "$2")}) in ({string.Join(", ", plan.Scope.Distinct().Select(CoverageStates.Place))})";
        try
        {
            await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
            await using var command = session.Command(
                $"""
                with scope as (
                  select t.{target.Key}::text as key, {target.Text.Expression} as text
                    from {target.Relation} t left join embedding_admin.stamp s on s.vector_column = $1 and s.row_key = t.{target.Key}::text
                   where {target.Filter} and {scope})
                select count(*), count(*) filter (where text <> ''), coalesce(sum(octet_length(text)), 0)::bigint, clock_timestamp(),
                       (select array[key, text] from scope where text <> '' limit 1)
                  from scope where $2 is not null
                """,
                column, madeFrom, plan.Keys?.ToArray() ?? []);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            var rows = Math.Min(reader.GetInt64(0), request.Limit ?? long.MaxValue);
            var withText = Math.Min(reader.GetInt64(1), rows);
            var bytes = reader.GetInt64(1) == 0 ? 0 : (long)((double)reader.GetInt64(2) / reader.GetInt64(1) * withText);
            var sample = await reader.IsDBNullAsync(4, cancel) ? null : reader.GetFieldValue<string[]>(4);
            var (time, basis) = await estimate.TimeAsync(request, plan, rows, cancel);
            return new StartPreview
            {
                Request = request,
                Plan = plan,
                Rows = rows,
                RowsWithText = withText,
                Notice = provider.Notice,
                SampleKey = sample?[0],
                SampleText = sample?[1],
                Tokens = await estimate.TokensAsync(column, provider.Model, bytes, cancel),
                Time = time,
                TimeBasis = basis,
                AsOf = reader.GetFieldValue<DateTimeOffset>(3),
            };
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Access.WriteRefusal.Explain(target, refused);
        }
    }

    private static string[]? Keys(StartRequest request, Target target)
    {
        if (request.Keys is not { } asked)
            return null;
        if (request.Kind != RunKind.Backfill || asked.Count == 0)
            throw new EmbeddingAdminException(ErrorCodes.RowKey, $"{(asked.Count == 0 ? "No key was named" : "Only a backfill takes single rows")}. Nothing was started. Name the rows by their keys, or leave the keys out.");
        return
        [
            .. asked.Select(key => Rows.RowKey.Read(target, key)
                ?? throw new EmbeddingAdminException(ErrorCodes.RowKey, $"No row of {target.Table.Name} can have one of the keys that were named. Nothing was started. Its keys are {target.KeyType}.")).Distinct(StringComparer.Ordinal),
        ];
    }
}
