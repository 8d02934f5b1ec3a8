using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Runs;

/// <summary>Judges the rows that a request names, before anything is planned over them.</summary>
public sealed class StartScope(NpgsqlDataSource database, RunStore store)
{
    private const int MostKeysNamed = 5;
    private const int MostCharactersNamed = 40;

    /// <summary>Refuses a request that names rows that there cannot be, or contradicts itself.</summary>
    /// <param name="request">The request.</param>
    /// <param name="target">Its table.</param>
    /// <param name="column">The id of the table's vector column.</param>
    /// <param name="cancel">Ends the questions.</param>
    /// <exception cref="EmbeddingAdminException">
    /// <see cref="ErrorCodes.OutOfRange"/>, <see cref="ErrorCodes.RowKey"/>, <see cref="ErrorCodes.TableColumn"/> without an owner column,
    /// <see cref="ErrorCodes.RowOwner"/>, <see cref="ErrorCodes.RunMissing"/> or <see cref="ErrorCodes.RunState"/>.
    /// </exception>
    internal async Task RefuseAsync(StartRequest request, Target target, int column, CancellationToken cancel)
    {
        if (request.Limit is <= 0)
            throw new EmbeddingAdminException(ErrorCodes.OutOfRange, $"A limit of {request.Limit} rows is none. Nothing was started. Name 1 or more, or leave it out.");
        if (request.Kind == RunKind.Verify && (request.Owner is not null || request.FailedIn is not null))
            throw new EmbeddingAdminException(ErrorCodes.RowScope, "Only a backfill takes some of the rows. Nothing was started. A verification reads every row.");
        if (request.Sample is not null && request.Kind != RunKind.Verify)
            throw new EmbeddingAdminException(ErrorCodes.RowScope, "Only a verification takes a sample. Nothing was started. Leave it out, or name a limit.");
        if (request.Sample is < 1 or > StartRequest.MostSample)
            throw new EmbeddingAdminException(ErrorCodes.OutOfRange, $"A sample of {request.Sample:N0} rows is none. Nothing was started. Name 1 to {StartRequest.MostSample:N0}, or leave it out.");
        if (request.Keys is not null && request.FailedIn is not null)
            throw new EmbeddingAdminException(ErrorCodes.RowScope, "Rows by key and the failures of a run were both named. Nothing was started. Choose one of them.");
        if (request is { Kind: RunKind.Backfill, Keys: null, FailedIn: null, Scope.Count: 0 })
            throw new EmbeddingAdminException(ErrorCodes.RowScope, "No rows were chosen. Nothing was started. Choose at least one state.");
        if (request.FailedIn is { } run)
            await RefuseRunAsync(run, target, column, cancel);
        if (request.Owner is { } owner)
            await RefuseOwnerAsync(owner, target, cancel);
    }

    /// <summary>The keys as the database spells them, each once; null when the request names none.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowKey"/>, with the first keys that no row can have, or <see cref="ErrorCodes.OutOfRange"/>.</exception>
    internal static string[]? Keys(StartRequest request, Target target)
    {
        if (request.Keys is not { } asked)
            return null;
        if (request.Kind != RunKind.Backfill || asked.Count == 0)
            throw new EmbeddingAdminException(ErrorCodes.RowKey, $"{(asked.Count == 0 ? "No key was named" : "Only a backfill takes single rows")}. Nothing was started. Name the rows by their keys, or leave the keys out.");
        if (asked.Count > StartRequest.MostKeys)
            throw new EmbeddingAdminException(ErrorCodes.OutOfRange, $"{asked.Count:N0} keys were named, and one run takes {StartRequest.MostKeys:N0}. Nothing was started. Start several runs, one after the other.");
        var read = asked.Select(key => (Typed: key, Key: RowKey.Read(target, key))).ToList();
        var malformed = read.Where(key => key.Key is null).Select(key => key.Typed).ToList();
        return malformed.Count == 0
            ? [.. read.Select(key => key.Key!).Distinct(StringComparer.Ordinal)]
            : throw new EmbeddingAdminException(ErrorCodes.RowKey, $"No row of {target.Table.Name} can have one of the keys that were named: {Named(malformed)}. Nothing was started. Its keys are {target.KeyType}.");
    }

    private async Task RefuseRunAsync(long id, Target target, int column, CancellationToken cancel)
    {
        if (await store.FindAsync(id, cancel) is not { } run)
            throw new EmbeddingAdminException(ErrorCodes.RunMissing, $"There is no run {id}. Nothing was started. Look at the list of runs.");
        if (run.VectorColumn != column)
            throw new EmbeddingAdminException(ErrorCodes.RowScope, $"Run {id} was a run of {run.Table}. Nothing was started. Its failures are rows of that table, and not of {target.Table.Name}.");
        if (run.Status.IsActive())
            throw new EmbeddingAdminException(ErrorCodes.RunState, $"Run {id} is {run.Status.Name()}, so its failures are not known yet. Nothing was started. Wait until it has ended, or cancel it.");
    }

    /// <summary>Lets Postgres judge the value: it reads it as the column's type, and compares it.</summary>
    private async Task RefuseOwnerAsync(string owner, Target target, CancellationToken cancel)
    {
        var column = RunScope.OwnerColumn(target);
        if (owner.Contains('\0', StringComparison.Ordinal))
            throw Unfit("a NUL character");
        try
        {
            await using var session = await TableSession.OpenAsync(database, TimeSpan.FromSeconds(8), cancel);
            await using var command = session.Command($"select $1::text::{column.ValueType} is null, (select count(*) from (select from {target.Relation} t where t.{SqlName.Of(column.Name)} = $1::text::{column.ValueType} limit 0) none)", owner);
            await command.ExecuteScalarAsync(cancel);
        }
        catch (PostgresException unfit) when (unfit.SqlState[..2] is "22" or "23" || unfit.SqlState is PostgresErrorCodes.UndefinedFunction or PostgresErrorCodes.CannotCoerce)
        {
            throw Unfit(unfit.SqlState, unfit);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Access.WriteRefusal.Explain(target, refused);
        }

        EmbeddingAdminException Unfit(string why, Exception? inner = null) =>
            new(ErrorCodes.RowOwner, $"The owner that was named cannot be a value of {target.Table.Name}.{column.Name}, which is {column.Type} ({why}). Nothing was started. Name one as the column has them.", inner);
    }

    private static string Named(List<string> keys)
    {
        var some = string.Join(", ", keys.Take(MostKeysNamed).Select(key => key.Length > MostCharactersNamed ? $"{key[..MostCharactersNamed]}…" : key));
        return keys.Count > MostKeysNamed ? $"{some} and {keys.Count - MostKeysNamed:N0} more" : some;
    }
}
