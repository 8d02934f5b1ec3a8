using System.Threading.Channels;
using Microsoft.AspNetCore.Components;

namespace EmbeddingAdmin.Web.Components;

/// <summary>
/// Draws whatever a stream last said: the only live update of the dashboard. It starts watching after its first render, redraws
/// nothing but its own fragment, at most four times a second (the latest wins), and has stopped watching when it is disposed.
/// A failure of the stream goes to the error boundary around it.
/// </summary>
public sealed partial class Live<T>
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private Task _following = Task.CompletedTask;
    private CancellationTokenSource? _stop;
    private object? _followedKey;
    private T? _current;
    private bool _shown;

    /// <summary>Opens the stream. It registers when it is first read and leaves when the token is cancelled; it may yield faster than is drawn.</summary>
    [Parameter, EditorRequired] public required Func<CancellationToken, IAsyncEnumerable<T>> Watch { get; set; }

    /// <summary>What is watched. A parent's render brings a new <see cref="Watch"/> every time; only a change of the key opens it again.</summary>
    [Parameter] public object? Key { get; set; }

    [Parameter, EditorRequired] public required RenderFragment<T> ChildContent { get; set; }

    /// <summary>Shown until the first value.</summary>
    [Parameter] public RenderFragment? Loading { get; set; }

    [Inject] public required TimeProvider Clock { get; init; }

    protected override void OnParametersSet()
    {
        if (_stop is null || Equals(Key, _followedKey))
            return;
        _shown = false;
        Follow();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
            Follow();
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop is null)
            return;
        await _stop.CancelAsync();
        await _following;
        _stop.Dispose();
    }

    private void Follow()
    {
        var before = (Task: _following, Stop: _stop);
        _followedKey = Key;
        _stop = new CancellationTokenSource();
        _following = FollowAsync(before.Task, before.Stop, Watch, _stop.Token);
    }

    private async Task FollowAsync(Task before, CancellationTokenSource? stopBefore, Func<CancellationToken, IAsyncEnumerable<T>> watch, CancellationToken token)
    {
        // One stream at a time: the one before has ended when the next begins.
        if (stopBefore is not null)
        {
            await stopBefore.CancelAsync();
            await before;
            stopBefore.Dispose();
        }
        try
        {
            await DrawAsync(watch, token);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            await DispatchExceptionAsync(exception);
        }
    }

    private async Task DrawAsync(Func<CancellationToken, IAsyncEnumerable<T>> watch, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        var latest = Channel.CreateBounded<T>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        // Off the renderer, so that a busy stream does not hold up the page's events.
        var reading = Task.Run(() => ReadAsync(watch, latest.Writer, stop.Token), CancellationToken.None);
        try
        {
            await foreach (var value in latest.Reader.ReadAllAsync(token))
            {
                await InvokeAsync(() => Draw(value, token));
                await Task.Delay(Interval, Clock, token);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private void Draw(T value, CancellationToken token)
    {
        if (token.IsCancellationRequested)
            return;
        (_current, _shown) = (value, true);
        StateHasChanged();
    }

    private static async Task ReadAsync(Func<CancellationToken, IAsyncEnumerable<T>> watch, ChannelWriter<T> latest, CancellationToken token)
    {
        try
        {
            await foreach (var value in watch(token).WithCancellation(token))
                await latest.WriteAsync(value, token);
            latest.Complete();
        }
        catch (Exception exception)
        {
            latest.Complete(exception);
        }
    }
}
