using System.Collections.Concurrent;
using EmbeddingAdmin.Testing.Time;

namespace EmbeddingAdmin.Core.Tests.Providers;

/// <summary>
/// Hours in a moment: everything runs on the test's thread, and when there is nothing left to do, the clock goes to the next timer. The same
/// steps in the same order every time.
/// </summary>
internal sealed class Simulation : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Do, object? State)> _work = [];

    public FakeClock Clock { get; } = new();

    /// <summary>Since when the simulation began.</summary>
    public TimeSpan Elapsed => Clock.GetUtcNow() - new FakeClock().GetUtcNow();

    public override void Post(SendOrPostCallback d, object? state) => _work.Add((d, state));

    /// <summary>Runs until the task ends.</summary>
    public void Run(Func<Task> what)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var task = what();
            while (!task.IsCompleted)
            {
                if (_work.TryTake(out var next))
                    next.Do(next.State);
                else if (!Clock.FireNext())
                    Assert.Fail("Everybody waits for something that will never come.");
            }

            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
