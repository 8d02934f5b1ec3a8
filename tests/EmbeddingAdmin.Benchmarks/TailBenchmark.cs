using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tasks;

namespace EmbeddingAdmin.Benchmarks;

/// <summary>Finding the last thousand of a million rows, as a backfill reads its pages, beside finding all of a table where nothing is embedded. Neither has an index on what is missing.</summary>
internal static class TailBenchmark
{
    private const double Goal = 1.0;

    public static async Task<bool> RunAsync(Trials trials, CancellationToken cancel)
    {
        var rows = trials.Rows ?? 1_000_000;
        await using var site = await Site.OpenAsync(["nearly", "nothing"], cancel);
        foreach (var (table, vector) in new[] { ("nearly", "case when n % 1000 > 0 then '[1,2,3,4,5,6,7,8]'::extensions.vector end"), ("nothing", "null") })
        {
            await site.Database.ExecuteAsync($"create table {table} (id uuid primary key default gen_random_uuid(), content text, embedding extensions.vector(8))", cancel);
            await site.Database.ExecuteAsync($"insert into {table} (content, embedding) select 'story ' || n, {vector} from generate_series(1, {rows}) n", cancel);
            await site.Database.ExecuteAsync($"vacuum analyze {table}", cancel);
        }

        await using var tail = await TaskAsync("nearly");
        await using var all = await TaskAsync("nothing");
        return await trials.MeasureAsync(
            $"finding the last {rows / 1_000:N0} of {rows:N0} rows / finding all of them", () => ReadAsync(tail, rows / 1_000), () => ReadAsync(all, rows),
            (variant, floor) => variant / floor, ($"≤ {Goal}", ratio => ratio <= Goal));

        async Task<IRunTask> TaskAsync(string table) => await site.Get<RunTasks>().CreateAsync((await site.StartAsync(RunKind.Backfill, table, cancel)).Run, cancel);

        async Task ReadAsync(IRunTask task, long expected)
        {
            var (found, after) = (0L, (string?)null);
            while (true)
            {
                var page = await task.ReadAsync(new(after, 500), _ => { }, cancel);
                found += page.Taken;
                after = page.LastKey ?? after;
                if (page.IsLast)
                    break;
            }

            if (found != expected)
                throw new InvalidOperationException($"{found} rows were found instead of {expected}.");
        }
    }
}
