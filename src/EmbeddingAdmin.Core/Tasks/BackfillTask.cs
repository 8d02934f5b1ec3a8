using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;
using EmbeddingAdmin.Writing;
using Microsoft.Extensions.AI;
using Npgsql;

namespace EmbeddingAdmin.Tasks;

/// <summary>Makes the vectors that are missing: reads rows in scope, embeds their text, hands them to the writer.</summary>
public sealed class BackfillTask(
    NpgsqlDataSource database, Target target, Run run, EmbeddingProvider provider, int madeFrom, IRowWriter writer, TimeProvider clock,
    EmbeddingCall call) : IRunTask
{
    private EqualTexts? _equal;

    /// <summary>How long the database is waited for.</summary>
    internal DatabasePatience Patience { get; init; } = new();

    /// <inheritdoc/>
    public int? Passes => null;

    /// <inheritdoc/>
    public int Preparers => provider.Concurrency;

    /// <inheritdoc/>
    /// <remarks>Two writers is where the database's work and ours overlap best; more gain nothing.</remarks>
    public int Appliers => 2;

    // Prepared or waiting for an applier; a page more for each of them that the app's locks hold up.
    private int PagesUnderWay => Preparers + (4 * Appliers);

    private RunScope InScope => new(target, run.Plan);

    private string Scope => InScope.Rows;

    private string?[] Keys => InScope.Values;

    /// <inheritdoc/>
    public async Task<long> CountAsync(CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, Patience.Count, run.Id, cancel);
        await using var command = session.Command($"select count(*) from {Scope}", run.VectorColumn, madeFrom, run.Id, run.Attempt, Keys);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <inheritdoc/>
    public Task<Page> ReadAsync(PageRequest request, Action<Wait?> waiting, CancellationToken cancel) => Windows.ReadAsync(request, waiting, cancel);

    private EqualTexts Equal => LazyInitializer.EnsureInitialized(ref _equal, () => new(database, target, run, madeFrom, Patience, PagesUnderWay));

    private KeyWindows Windows => field ??= new(target, Patience, clock, cancel => TableSession.OpenAsync(database, Patience.Read, run.Id, cancel, Patience.Lock), ReadAsync);

    private async Task<Page> ReadAsync(TableSession session, PageRequest request, string? upTo, CancellationToken cancel)
    {
        var after = request.AfterKey is null ? "" : $"and t.{target.Key} > $7::{target.KeyType}";
        var until = upTo is null ? "" : $"and t.{target.Key} <= $8::{target.KeyType}";
        var again = request.OnlyChanged ? $"and exists (select from embedding_admin.row_result c where c.run = $3 and c.row_key = t.{target.Key}::text and c.outcome = 'changed')" : "";
        await using var command = session.Command(
            $"select t.{target.Key}::text, {target.Text.Expression}, {target.Text.Hash} from {Scope} {after} {until} {again} order by t.{target.Key} limit $6",
            run.VectorColumn, madeFrom, run.Id, run.Attempt, Keys, request.Rows);
        // Postgres needs to know the type of every number up to the highest that a statement has.
        if (request.AfterKey is not null || upTo is not null)
            command.Parameters.Add(new() { Value = request.AfterKey ?? upTo! });
        if (upTo is not null)
            command.Parameters.Add(new() { Value = upTo });
        var found = new List<SourceRow>(request.Rows);
        var settled = new List<RowResult>();
        string? last = null;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            last = reader.GetString(0);
            if (reader.GetString(1) is { Length: > 0 } text)
                found.Add(new(last, text, reader.GetFieldValue<byte[]>(2)));
            else
                settled.Add(new(last, RowOutcome.EmptySource));
        }

        return new Page(0, 0) { LastKey = last, Rows = found, Settled = settled };
    }

    /// <inheritdoc/>
    public async Task<Page> PrepareAsync(Page page, Action<Wait?> waiting, CancellationToken cancel)
    {
        var bisection = new Bisection(call, waiting, RefuseAnotherModel, cancel);
        var outcomes = await Equal.AnswerAsync(page.Rows, rows => SendAsync(rows, bisection), cancel);
        var answers = bisection.Answers;
        var made = page.Rows.Zip(outcomes).Where(pair => pair.Second.Refusal is null).ToList();
        return page with
        {
            Rows = [.. made.Select(pair => pair.First)],
            Vectors = [.. made.Select(pair => pair.Second.Vector)],
            Settled = [.. page.Settled, .. page.Rows.Zip(outcomes).Where(pair => pair.Second.Refusal is not null).Select(pair => pair.Second.Refusal! with { Key = pair.First.Key })],
            Charge = new(answers.Tokens, answers.Bytes, run.Plan.Price?.Of(answers.Tokens)),
        };
    }

    private async Task<PageAnswers> SendAsync(IReadOnlyList<SourceRow> rows, Bisection bisection)
    {
        var packed = BatchPacker.Pack([.. rows.Select(row => row.Text)], provider.Limits);
        foreach (var text in packed.TooLong)
            bisection.Answers.Settle(new(rows[text.Place].Key, RowOutcome.TooLong, "provider", null, $"The text has {text.Bytes} bytes; {provider.Limits.MaxTextBytes} are taken. It was not sent and not cut."));
        foreach (var batch in packed.Batches)
            await bisection.EmbedAsync([.. batch.Places.Select(place => rows[place])]);
        return bisection.Answers;
    }

    /// <inheritdoc/>
    public async Task<Applied> ApplyAsync(Page page, RunLease lease, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(page);
        foreach (var vector in page.Vectors)
        {
            if (VectorCheck.Refusal(vector.Span, target.Dimensions) is { } refusal)
                throw new ProviderFault(ProviderFaultKind.BadAnswer, refusal.Code, refusal.Sentence, notDone: "Nothing of the page was stored.");
        }

        var applied = await writer.WriteAsync(
            new WriteBatch
            {
                No = page.No,
                Pass = page.Pass,
                LastKey = page.LastKey,
                Rows = [.. page.Rows.Zip(page.Vectors, (row, vector) => new VectorRow(row.Key, row.TextHash, vector) { Text = row.Text })],
                Settled = page.Settled,
                MadeFrom = madeFrom,
                Overwrite = run.Plan.Overwrites,
                Charge = page.Charge,
                OnlyFree = page.OnlyFree,
            },
            lease,
            cancel);
        if (applied.Entered)
            Equal.Written(page.Rows.Where(row => !applied.Left.Contains(row.Key)));
        return applied;
    }

    /// <inheritdoc/>
    public Task<Receipt> RecoverAsync(RunLease lease, CancellationToken cancel) => writer.ReadBackAsync(lease, cancel);

    // Vectors of two models in one column cannot be compared, and nothing of the vectors themselves would tell.
    private void RefuseAnotherModel(IEnumerable<Embedding<float>> made)
    {
        if (run.Plan.AnswersAs is { } first && made.FirstOrDefault(embedding => embedding.ModelId is { } now && now != first) is not null)
            throw new ProviderFault(
                ProviderFaultKind.Credentials, ErrorCodes.ModelChanged, $"{provider.Model.Host} answers {provider.Model.Model} with another model than before the run.",
                "Find out what it was changed to; if that is meant, cancel this run and start a new one.");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
