using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Tasks;

/// <summary>
/// Reads the pages of a scope so that no statement works for ever. First by the next rows in scope; how long that takes depends on how far
/// apart they are. When the server's time for it was over, with smaller pages, and then by windows of the key, whatever is in scope in them:
/// the work of each statement is then bounded by the window, which shrinks until it goes, and grows again while it goes quickly.
/// </summary>
/// <param name="target">The table.</param>
/// <param name="patience">How long a read may take.</param>
/// <param name="clock">Measures it.</param>
/// <param name="open">Opens a transaction for one read.</param>
/// <param name="read">Reads at most so many rows in scope behind a key and up to another; null for no bound.</param>
internal sealed class KeyWindows(
    Target target, DatabasePatience patience, TimeProvider clock, Func<CancellationToken, Task<TableSession>> open, Func<TableSession, PageRequest, string?, CancellationToken, Task<Page>> read)
{
    private const int Halvings = 2;
    private const int FirstWindow = 4;
    private const int LargestWindow = 65_536;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    private int _most = int.MaxValue;
    private int _halvings;
    private int? _window;

    /// <summary>Reads the next page.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.DatabaseTooBusy"/>.</exception>
    public async Task<Page> ReadAsync(PageRequest request, Action<Wait?> waiting, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        for (var locked = 0; ;)
        {
            try
            {
                var page = _window is { } window ? await ByWindowAsync(request, window, cancel) : await ByRowsAsync(request with { Rows = Math.Min(request.Rows, _most) }, cancel);
                waiting(null);
                return page;
            }
            catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
            {
                Shrink(request);
                waiting(new($"a read took longer than {patience.Read.TotalSeconds:0.#} s. It is tried again with less."));
            }
            catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (clock.GetElapsedTime(began) >= patience.Locked)
                    throw new EmbeddingAdminException(ErrorCodes.DatabaseTooBusy, $"Somebody held a lock on the whole table {target.Relation} for {clock.GetElapsedTime(began).TotalSeconds:0} s. Nothing more was read or written; what was written stays. Wait until it is released (pg_stat_activity shows who holds it), then retry; the run goes on from there.");
                waiting(new("somebody has locked the whole table. It is tried again."));
                await Task.Delay(FirstPause * Math.Min(++locked, 8), clock, cancel);
            }
        }
    }

    private async Task<Page> ByRowsAsync(PageRequest request, CancellationToken cancel)
    {
        await using var session = await open(cancel);
        var page = await read(session, request, null, cancel);
        return page with { IsLast = page.Taken < request.Rows };
    }

    private async Task<Page> ByWindowAsync(PageRequest request, int window, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        await using var session = await open(cancel);
        var upTo = await EndAsync(session, request.AfterKey, window, cancel);
        var page = await read(session, request, upTo, cancel);
        if (clock.GetElapsedTime(began) < patience.Read / 8)
            _window = Math.Min(window * 2, LargestWindow);
        // A window that held more rows than were asked for goes on behind the last of them.
        return page.Taken < request.Rows ? page with { LastKey = upTo ?? page.LastKey, IsLast = upTo is null } : page;
    }

    /// <summary>The last key of the next so many rows, whatever they hold; null when there are fewer.</summary>
    private async Task<string?> EndAsync(TableSession session, string? after, int window, CancellationToken cancel)
    {
        await using var command = session.Command(
            $"select t.{target.Key}::text from {target.Relation} t {(after is null ? "" : $"where t.{target.Key} > $2::{target.KeyType}")} order by t.{target.Key} limit 1 offset $1", window - 1);
        if (after is not null)
            command.Parameters.Add(new() { Value = after });
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    private void Shrink(PageRequest request)
    {
        if (_window is 1)
            throw new EmbeddingAdminException(ErrorCodes.DatabaseTooBusy, $"The database could not read a single row of {target.Relation} within {patience.Read.TotalSeconds:0.#} s. Nothing more was read or written; what was written stays. Look at what else runs there (pg_stat_activity), then retry; the run goes on from there.");
        if (_window is { } window)
            _window = window / 2;
        else if (Math.Min(request.Rows, _most) is > 1 and var rows && _halvings++ < Halvings)
            _most = rows / 2;
        else
            _window = Math.Max(FirstWindow, FirstWindow * request.Rows);
    }
}
