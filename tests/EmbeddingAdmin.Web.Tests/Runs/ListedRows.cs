using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Web.Tests.Runs;

/// <summary>A run that has ended and has these rows in its list.</summary>
internal static class ListedRows
{
    public static async Task<Run> ListAsync(TestDatabase database, RunKind kind, params (string Key, string Outcome, string? Stage, string? Code, string? Message)[] rows)
    {
        var cancel = TestContext.Current.CancellationToken;
        var column = await database.ScalarAsync<int>("insert into embedding_admin.vector_column (name) values ('public.stories.embedding') on conflict (name) do update set name = excluded.name returning id", cancel);
        var store = new RunStore(database.DataSource);
        var (run, _) = await store.CreateAsync(kind, "stories", column, Sample.Run(RunStatus.Enqueued, kind).Plan, new Actor("Ada", "dashboard"), take: false, cancel);
        await store.MoveAsync(run, RunStatus.Cancelled, new Actor("Ada", "dashboard"), null, cancel);
        foreach (var (key, outcome, stage, code, message) in rows)
        {
            await using var insert = database.DataSource.CreateCommand("insert into embedding_admin.row_result (run, row_key, outcome, stage, code, message, attempt) values ($1, $2, $3, $4, $5, $6, 1)");
            foreach (var value in new object?[] { run.Id, key, outcome, stage, code, message })
                insert.Parameters.Add(new() { Value = value ?? DBNull.Value });
            await insert.ExecuteNonQueryAsync(cancel);
        }

        return (await store.FindAsync(run.Id, cancel))!;
    }
}
