using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Tasks;

/// <summary>What came of a text: its vector, or why there is none.</summary>
internal readonly record struct TextOutcome(ReadOnlyMemory<float> Vector, RowResult? Refusal);

/// <summary>
/// Sees to it that equal texts of a run are sent once, in whatever pages they are and whoever drives the run. A text whose page is under way is waited
/// for; one that the run has written is taken from its row, if the vector there is still, bit for bit, the one that was written.
/// </summary>
/// <param name="database">The database.</param>
/// <param name="target">The table.</param>
/// <param name="run">The run.</param>
/// <param name="madeFrom">What its vectors are made from.</param>
/// <param name="patience">How long the database is waited for.</param>
/// <param name="pages">Pages that may be between the provider and their row at a time; so many are remembered here.</param>
internal sealed class EqualTexts(NpgsqlDataSource database, Target target, Run run, int madeFrom, DatabasePatience patience, int pages)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource<TextOutcome?>> _underWay = new(StringComparer.Ordinal);
    private readonly Queue<IReadOnlyList<string>> _pages = new();

    /// <summary>What came of the rows' texts, in the rows' order.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="send">Embeds rows of which no two have the same text, and says what came of each.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<TextOutcome>> AnswerAsync(IReadOnlyList<SourceRow> rows, Func<IReadOnlyList<SourceRow>, Task<PageAnswers>> send, CancellationToken cancel)
    {
        var texts = rows.Select(Name).ToArray();
        var known = new Dictionary<string, TextOutcome>(StringComparer.Ordinal);
        while (true)
        {
            var (mine, others) = Claim([.. texts.Where(text => !known.ContainsKey(text)).Distinct(StringComparer.Ordinal)]);
            if (mine.Count > 0)
                await SettleAsync(mine, rows.Zip(texts).DistinctBy(pair => pair.Second, StringComparer.Ordinal).ToDictionary(pair => pair.Second, pair => pair.First, StringComparer.Ordinal), send, cancel);
            foreach (var (text, outcome) in mine.Concat(others))
            {
                // Whoever had claimed it has failed: then it is claimed once more, by whoever comes first.
                if (await outcome.WaitAsync(cancel) is { } settled)
                    known[text] = settled;
            }

            if (texts.All(text => known.ContainsKey(text)))
                return [.. texts.Select(text => known[text])];
        }
    }

    /// <summary>These rows were written: from now on their texts are found there, and need no memory.</summary>
    public void Written(IEnumerable<SourceRow> rows) => Forget(rows.Select(Name), failed: false);

    private static string Name(SourceRow row) => Convert.ToBase64String(row.TextHash);

    private (Dictionary<string, Task<TextOutcome?>> Mine, Dictionary<string, Task<TextOutcome?>> Others) Claim(IReadOnlyList<string> texts)
    {
        var (mine, others) = (new Dictionary<string, Task<TextOutcome?>>(StringComparer.Ordinal), new Dictionary<string, Task<TextOutcome?>>(StringComparer.Ordinal));
        lock (_gate)
        {
            foreach (var text in texts)
            {
                if (_underWay.TryGetValue(text, out var other))
                {
                    others.Add(text, other.Task);
                    continue;
                }

                _underWay.Add(text, new(TaskCreationOptions.RunContinuationsAsynchronously));
                mine.Add(text, _underWay[text].Task);
            }
        }

        return (mine, others);
    }

    private async Task SettleAsync(
        Dictionary<string, Task<TextOutcome?>> mine, Dictionary<string, SourceRow> rows, Func<IReadOnlyList<SourceRow>, Task<PageAnswers>> send, CancellationToken cancel)
    {
        try
        {
            var written = await WrittenAsync([.. mine.Keys.Select(text => rows[text].TextHash)], cancel);
            var answers = await send([.. mine.Keys.Where(text => !written.ContainsKey(text)).Select(text => rows[text])]);
            var refused = answers.Refused.ToDictionary(refusal => refusal.Key, StringComparer.Ordinal);
            foreach (var text in mine.Keys)
            {
                Tell(text, written.TryGetValue(text, out var vector) || answers.Vectors.TryGetValue(rows[text].Key, out vector)
                    ? new(vector, null)
                    : new(default, refused[rows[text].Key]));
            }
        }
        catch
        {
            Forget(mine.Keys, failed: true);
            throw;
        }

        IReadOnlyList<string>? oldest = null;
        lock (_gate)
        {
            _pages.Enqueue([.. mine.Keys]);
            if (_pages.Count > pages)
                oldest = _pages.Dequeue();
        }

        Forget(oldest ?? [], failed: false);
    }

    private void Tell(string text, TextOutcome outcome)
    {
        lock (_gate)
            _underWay[text].TrySetResult(outcome);
    }

    private void Forget(IEnumerable<string> texts, bool failed)
    {
        lock (_gate)
        {
            foreach (var text in texts)
            {
                if (_underWay.Remove(text, out var claim) && failed)
                    claim.TrySetResult(null);
            }
        }
    }

    /// <summary>The vectors that this run has written for such texts, by the text. A database that is too busy to look has none: then a text is paid for again.</summary>
    private async Task<Dictionary<string, ReadOnlyMemory<float>>> WrittenAsync(byte[][] texts, CancellationToken cancel)
    {
        try
        {
            return await LookAsync(texts, cancel);
        }
        catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable)
        {
            return [];
        }
    }

    private async Task<Dictionary<string, ReadOnlyMemory<float>>> LookAsync(byte[][] texts, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, patience.Read, run.Id, cancel, patience.Lock);
        await using var command = session.Command(
            $"""
            select u.h, w.v from unnest($4::bytea[]) as u(h) cross join lateral (
                select {target.AsVector($"t.{target.Vector}")} as v from embedding_admin.stamp s join {target.Relation} t on t.{target.Key} = s.row_key::{target.KeyType}
                 where s.run = $1 and s.text_hash = u.h and s.vector_column = $2 and s.made_from = $3 and sha256({target.Bytes($"t.{target.Vector}")}) = s.vector_hash
                 limit 1) w
            """,
            run.Id, run.VectorColumn, madeFrom, texts);
        var written = new Dictionary<string, ReadOnlyMemory<float>>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            written.Add(Convert.ToBase64String(reader.GetFieldValue<byte[]>(0)), reader.GetFieldValue<ReadOnlyMemory<float>>(1));
        return written;
    }
}
