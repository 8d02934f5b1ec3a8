using System.Text.Json;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using Npgsql;

namespace EmbeddingAdmin.Verification;

/// <summary>Makes the reports of verifications from what is stored with their runs.</summary>
public sealed class VerifyReports(NpgsqlDataSource database, RunStore store, Failures failures)
{
    private const int MostExamples = 5;

    /// <summary>The report of a run; null when there is no such run, or it is no verification.</summary>
    public async Task<VerifyReport?> ReadAsync(long run, CancellationToken cancel) =>
        await store.SnapshotAsync(run, cancel) is { Run.Writes: false } snapshot ? await ReadAsync(snapshot, cancel) : null;

    /// <summary>The report of a verification as it stands.</summary>
    public async Task<VerifyReport> ReadAsync(RunSnapshot snapshot, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var run = snapshot.Run;
        var found = await CountAsync(run.Id, cancel);
        var before = await BeforeAsync(run, cancel);
        var fixes = await FixesAsync(run.Id, cancel);
        var (asOf, sample) = await SampleAsync(run, cancel);
        var checks = new List<VerifyFinding>(VerifyChecks.All.Count);
        foreach (var known in VerifyChecks.All)
        {
            var groups = found.Where(group => group.Check == known).ToList();
            // One check, one cause; only a run from before the checks had codes has rows without one.
            var cause = groups.FirstOrDefault()?.Cause;
            checks.Add(new(known)
            {
                Made = IsMade(known.Check, run.Plan),
                Count = groups.Sum(group => group.Rows),
                Cause = cause,
                Examples = cause is null ? [] : [.. (await failures.RowsAsync(run.Id, cause, null, MostExamples, cancel)).Select(row => row.Key)],
                Before = before is var (earlier, counts) && IsMade(known.Check, earlier.Plan) ? counts.Where(group => group.Check == known).Sum(group => group.Rows) : null,
                Fixes = [.. fixes.Where(fix => cause is not null && (fix.Of is null || fix.Of == cause)).Select(fix => fix.Fix)],
            });
        }

        return new VerifyReport
        {
            Run = run.Id,
            Table = run.Table,
            Status = run.Status.Name(),
            Verdict = VerifyVerdict.Of(snapshot),
            AsOf = asOf,
            StartedAt = run.StartedAt,
            EndedAt = run.EndedAt,
            RowsRead = snapshot.Done,
            Checks = checks,
            Sample = sample,
            Before = before is { Run: var last } ? new(last.Id, last.EndedAt ?? last.ChangedAt) : null,
            Notes = [.. VerifyNotes.Of(run, sample)],
        };
    }

    private static bool IsMade(VerifyCheck check, RunPlan plan) => check switch
    {
        VerifyCheck.Drift => plan.Sample is not null,
        VerifyCheck.EqualVectors => plan.Provider != LocalEmbeddings.ProviderName,
        _ => true,
    };

    private sealed record Counted(KnownCheck Check, FailureCause Cause, long Rows);

    private sealed record Earlier(Run Run, IReadOnlyList<Counted> Counts);

    private async Task<IReadOnlyList<Counted>> CountAsync(long run, CancellationToken cancel) =>
        [.. from known in await failures.GroupsAsync(run, cancel)
            where known.IsFailure
            let check = VerifyChecks.Of(known.Cause.Outcome, known.Cause.Code)
            where check is not null
            select new Counted(check, known.Cause, known.Rows)];

    /// <summary>The last verification before this one that came to its end over as many rows.</summary>
    private async Task<Earlier?> BeforeAsync(Run run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select b.id from embedding_admin.run b
             where b.vector_column = $1 and b.kind = 'verify' and b.status = 'succeeded' and b.id < $2
               and b.plan -> 'limit' is not distinct from (select r.plan -> 'limit' from embedding_admin.run r where r.id = $2)
             order by b.id desc limit 1
            """);
        command.Parameters.Add(new() { Value = run.VectorColumn });
        command.Parameters.Add(new() { Value = run.Id });
        return await command.ExecuteScalarAsync(cancel) is long id && await store.FindAsync(id, cancel) is { } earlier ? new(earlier, await CountAsync(id, cancel)) : null;
    }

    private async Task<IReadOnlyList<(VerifyFix Fix, FailureCause? Of)>> FixesAsync(long run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select id, status, (plan -> 'failedAs')::text from embedding_admin.run where (plan ->> 'failedIn')::bigint = $1 order by id");
        command.Parameters.Add(new() { Value = run });
        var fixes = new List<(VerifyFix, FailureCause?)>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var cause = await reader.IsDBNullAsync(2, cancel) ? null : JsonSerializer.Deserialize<FailureCause>(reader.GetString(2), RunPlan.Json);
            fixes.Add((new(reader.GetInt64(0), reader.GetString(1)), cause));
        }

        return fixes;
    }

    private async Task<(DateTimeOffset AsOf, VerifySample? Sample)> SampleAsync(Run run, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "select clock_timestamp(), coalesce(sum(compared), 0)::bigint, coalesce(sum(tokens), 0)::bigint, sum(cost) from embedding_admin.batch where run = $1");
        command.Parameters.Add(new() { Value = run.Id });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var asOf = reader.GetFieldValue<DateTimeOffset>(0);
        if (run.Plan.Sample is not { } asked)
            return (asOf, null);
        var price = run.Plan.Price;
        return (asOf, new(
            asked, reader.GetInt64(1), DriftSample.IsExactFor(run.Plan.Provider) ? null : DriftSample.Tolerance, reader.GetInt64(2),
            price is null || await reader.IsDBNullAsync(3, cancel) ? null : reader.GetDecimal(3), price?.Currency));
    }
}
