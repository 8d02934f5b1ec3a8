using EmbeddingAdmin.Testing.Crash;

namespace EmbeddingAdmin.Database.Tests.Survival;

/// <summary>
/// The trials of the crash programs, with fewer seeds and rounds. Much of their time is spent waiting for leases to run out, so all of them go on
/// side by side, beside the other classes, and each test waits for its own.
/// </summary>
public sealed class Trials : IAsyncLifetime
{
    // Beside all that goes on here.
    private static readonly TimeSpan Most = 2 * TwoWorkers.Promised;

    private readonly CancellationTokenSource _over = new();
    private CrashPostgres? _postgres;

    public Task<IReadOnlyList<SeedResult>> Crashes { get; private set; } = null!;

    public Task<IReadOnlyList<string>> Race { get; private set; } = null!;

    public Task<IReadOnlyList<string>> Takeover { get; private set; } = null!;

    public Task<IReadOnlyList<string>> Freeze { get; private set; } = null!;

    public Task<MemoryUse> Memory { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // These stop their servers, so they have their own.
        Crashes = CrashProgram.RunAsync(Plans(), 2, _ => { }, _over.Token);
        _postgres = await CrashPostgres.StartAsync(_over.Token);
        Takeover = WrongAsync(TwoWorkers.TakeoverAsync(_postgres, Most, _over.Token));
        Freeze = WrongAsync(TwoWorkers.FreezeAsync(_postgres, Most, _over.Token));
        Race = WrongAsync(Testing.Crash.Race.RunAsync(_postgres, 5, _over.Token));
        Memory = Testing.Crash.Memory.MeasureAsync(_postgres, 2000, _over.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(Crashes, Race, Takeover, Freeze, Memory).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _over.Dispose();
    }

    /// <summary>Every kind of fault once, and small tables.</summary>
    private static IEnumerable<CrashPlan> Plans() => Enum.GetValues<FaultKind>()
        .Select((kind, n) => (CrashPlan.Of(n + 1) with { Rows = 300, PageSize = 15, RequestSize = 15, Latency = TimeSpan.FromMilliseconds(20), Workers = n < 6 ? 1 : 2, Holds = true, AppChanges = n % 3 == 0 ? 12 : 0 }).With(kind));

    private static async Task<IReadOnlyList<string>> WrongAsync(Task<(string Told, IReadOnlyList<string> Violations)> trial) => (await trial).Violations;
}
