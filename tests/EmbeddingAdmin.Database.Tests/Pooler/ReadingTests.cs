using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing;
using EmbeddingAdmin.Testing.Postgres;
using EmbeddingAdmin.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Pooler;

public sealed class ReadingTests(AssemblyStack stack)
{
    [Fact]
    public async Task All_that_the_pages_show_goes_through_and_leaves_nothing_in_a_session()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 120);
        await engine.BackfillAsync();
        await engine.Database.ExecuteAsync("update stories set embedding = null where id = 7", TestEngine.Cancel);
        await using var crowd = new Crowd(engine.Pooler!.ConnectionString);
        await crowd.UntilItMovesAsync(TestEngine.Cancel);
        var target = await engine.TargetAsync();

        var coverage = await engine.CoverageAsync();
        Assert.Equal((120L, 119L, 1L), (coverage.Total, coverage.Embedded, coverage.States[CoverageState.Missing]));

        var pages = engine.Services.GetRequiredService<RowPages>();
        var first = await pages.ReadAsync(target, new(), TestEngine.Cancel);
        Assert.Equal((50, 50), (first.Rows.Count, (await pages.ReadAsync(target, new() { After = first.After }, TestEngine.Cancel)).Rows.Count));
        Assert.NotNull(await engine.Services.GetRequiredService<RandomRow>().PickAsync(target, "1", TestEngine.Cancel));
        var row = (await engine.Services.GetRequiredService<RowInspector>().ReadAsync(target, "3", TestEngine.Cancel))!;
        Assert.Equal(Oracle.Vector(row.Text, TestEngine.Dimensions), row.Vector!.Value.ToArray());
        Assert.Equal(5, (await engine.Services.GetRequiredService<Neighbours>().FindAsync(target, "3", TestEngine.Cancel)).Rows.Count);

        Assert.Equal(AccessAnswer.Yes, (await engine.Services.GetRequiredService<AccessProbe>().CanaryAsync(target, TestEngine.Cancel)).Answer.Answer);
        Assert.Contains((await engine.Services.GetRequiredService<Discovery>().ReadAsync(TestEngine.Cancel)).Found, column => column.Entry.Table == "stories");
        Assert.Equal(20, (await engine.Services.GetRequiredService<RecipePreview>().ReadAsync(target, TestEngine.Cancel)).Rows.Count);
        Assert.Single(await engine.Services.GetRequiredService<RecipeBook>().VersionsAsync(target.ColumnName, TestEngine.Cancel));
        var shown = await engine.Services.GetRequiredService<RowEmbedder>().EmbedAsync("stories", "7", TestEngine.Operator, TestEngine.Cancel);
        await engine.Services.GetRequiredService<ShownVectorWriter>().WriteAsync(shown, accepted: false, TestEngine.Operator, TestEngine.Cancel);
        Assert.Empty(await engine.DifferencesAsync());
        Assert.Equal(Migrations.Newest, (await ServerFacts.ReadAsync(engine.Services.GetRequiredService<NpgsqlDataSource>(), TestEngine.Cancel)).Migration);

        await crowd.LeaveAsync();
        Assert.Empty(await Leftovers.FindAsync(engine.Database, engine.Pooler, TestEngine.Cancel));
    }
    [Fact]
    public async Task Whoever_gives_up_waiting_for_a_full_pooler_is_let_go()
    {
        await using var engine = await TestEngine.StartPooledAsync(stack.Postgres, 10);
        var target = await engine.TargetAsync();
        await using var others = NpgsqlDataSource.Create(engine.Pooler!.ConnectionString);
        var holders = new List<NpgsqlConnection>();
        for (var held = 0; held < TestPooler.Servers; held++)
        {
            var holder = await others.OpenConnectionAsync(TestEngine.Cancel);
            holders.Add(holder);
            await using var hold = new NpgsqlCommand("begin", holder);
            await hold.ExecuteNonQueryAsync(TestEngine.Cancel);
        }

        using var gaveUp = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var begun = TimeProvider.System.GetTimestamp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.Services.GetRequiredService<RowPages>().ReadAsync(target, new(), gaveUp.Token));
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromMinutes(1));

        foreach (var holder in holders)
            await holder.DisposeAsync();
        Assert.Equal(10, (await engine.Services.GetRequiredService<RowPages>().ReadAsync(target, new(), TestEngine.Cancel)).Rows.Count);
    }
}
