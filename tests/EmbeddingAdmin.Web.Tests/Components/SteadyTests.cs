using EmbeddingAdmin.Web.Components;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class SteadyTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public async Task What_was_seen_stays_beside_the_fault_and_the_stream_is_opened_again_after_five_seconds()
    {
        var opened = 0;
        await using var seen = Watch(() => ++opened == 1 ? Throw("old", new NpgsqlException("host=secret")) : Say("new"));

        Assert.Equal(("old", null), Of(await NextAsync(seen)));
        var broken = await NextAsync(seen);
        Assert.Equal(("old", ErrorCodes.DatabaseFault), Of(broken));
        Assert.DoesNotContain("secret", broken.ToString(), StringComparison.Ordinal);

        var healed = seen.MoveNextAsync().AsTask();
        await Until.TrueAsync(() => _clock.Timers == 1);
        _clock.Advance(Steady.Wait - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, opened);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await healed);
        Assert.Equal(("new", null), Of(seen.Current));
    }

    [Fact]
    public async Task Nothing_is_made_up_when_the_first_read_fails()
    {
        await using var seen = Watch(() => Throw(null, new EmbeddingAdminException(ErrorCodes.TableMissing, "The table is not there. Nothing was read. Make it.")));
        var first = await NextAsync(seen);
        Assert.False(first.Known);
        Assert.Equal(("The table is not there.", "Nothing was read. Make it."), (first.Fault!.WhatHappened, first.Fault.NotDone));
    }

    [Fact]
    public async Task What_nobody_foresaw_goes_through()
    {
        await using var seen = Watch(() => Throw(null, new InvalidOperationException("broken")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => NextAsync(seen));
    }

    private IAsyncEnumerator<Seen<string>> Watch(Func<IAsyncEnumerable<string>> open) =>
        new Steady(new(), _clock, NullLogger<Steady>.Instance).WatchAsync(_ => open(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

    private static async Task<Seen<string>> NextAsync(IAsyncEnumerator<Seen<string>> seen) => await seen.MoveNextAsync() ? seen.Current : throw new InvalidOperationException("It ended.");

    private static (string? Value, string? Code) Of(Seen<string> seen) => (seen.Value, seen.Fault?.Code);

    private static async IAsyncEnumerable<string> Say(string value)
    {
        await Task.CompletedTask;
        yield return value;
    }

    private static async IAsyncEnumerable<string> Throw(string? first, Exception exception)
    {
        await Task.CompletedTask;
        if (first is not null)
            yield return first;
        throw exception;
    }
}
