using EmbeddingAdmin.Local;

namespace EmbeddingAdmin.Database.Tests;

public sealed class KillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_owner_leaves_no_Postgres_and_no_Node_behind()
    {
        using var folder = new StackFolder();
        var host = await folder.StartHostAsync(Cancel);
        Assert.NotNull(Local.LocalStack.FindRunning(folder.Path));
        Assert.NotEmpty(folder.Processes());

        host.Kill();
        await host.WaitForExitAsync(Cancel);
        await folder.UntilNoProcessIsLeftAsync(Cancel);

        Assert.False(File.Exists(Path.Combine(folder.Path, "pg/postmaster.pid")), "Postgres was not shut down in order.");
        Assert.Null(Local.LocalStack.FindRunning(folder.Path));
    }

    [Fact]
    public async Task What_outlives_even_its_guard_is_stopped_at_the_next_start()
    {
        using var folder = new StackFolder();
        var host = await folder.StartHostAsync(Cancel);
        var guards = folder.Processes().Where(pid => Orphan.CommandLine(pid) is ["sh", ..]).ToArray();
        // The guards first, or they would do their work.
        StackFolder.Kill([.. guards, host.Id]);
        await host.WaitForExitAsync(Cancel);
        var orphans = folder.Processes().Except(guards).ToArray();
        Assert.Contains(orphans, pid => Orphan.CommandLine(pid).Any(word => word.EndsWith("postgres.elf", StringComparison.Ordinal)));
        Assert.Contains(orphans, pid => Orphan.CommandLine(pid).Any(word => word.Contains("supabase/lite", StringComparison.Ordinal)));

        await using var stack = await folder.StartAsync(folder.Options, Cancel);
        Assert.Contains(folder.Steps, step => step.Contains("left behind", StringComparison.Ordinal));
        Assert.Empty(folder.Processes().Intersect(orphans));
    }

    [Fact]
    public async Task A_pid_file_that_names_somebody_else_keeps_nobody_from_starting()
    {
        using var folder = new StackFolder();
        var options = folder.Options with { WithApi = false, WithDemo = false };
        await (await folder.StartAsync(options, Cancel)).DisposeAsync();
        // This very process: alive, and no Postgres.
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "pg/postmaster.pid"), $"{Environment.ProcessId}\n{folder.Path}/pg\n", Cancel);
        await using var stack = await folder.StartAsync(options, Cancel);
        Assert.DoesNotContain(folder.Steps, step => step.Contains("left behind", StringComparison.Ordinal));
    }
}
