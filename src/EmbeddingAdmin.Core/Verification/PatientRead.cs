using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin.Verification;

/// <summary>
/// Reads of a table that the app needs more than we do: while somebody has locked it, they are tried again; what takes too long is done in
/// halves, where it has any.
/// </summary>
internal sealed class PatientRead(SqlName relation, DatabasePatience patience, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Reads something that is one statement.</summary>
    /// <param name="most">The server's time for it.</param>
    /// <param name="read">The read.</param>
    /// <param name="waiting">Told in words what is waited for; null when it is over.</param>
    /// <param name="cancel">Gives up at once.</param>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.DatabaseTooBusy"/>.</exception>
    public async Task<T> OnceAsync<T>(TimeSpan most, Func<Task<T>> read, Action<Wait?> waiting, CancellationToken cancel)
    {
        try
        {
            return await UnlockedAsync(read, waiting, cancel);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            throw TooBusy($"could not read {relation} within {most.TotalSeconds:0.#} s");
        }
    }

    /// <summary>Reads something of each of these keys.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="read">The read of some of them.</param>
    /// <param name="waiting">Told in words what is waited for; null when it is over.</param>
    /// <param name="cancel">Gives up at once.</param>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.DatabaseTooBusy"/>: not even one row came through.</exception>
    public async Task<IReadOnlyList<T>> EachAsync<T>(string[] keys, Func<string[], Task<IReadOnlyList<T>>> read, Action<Wait?> waiting, CancellationToken cancel)
    {
        try
        {
            return await UnlockedAsync(() => read(keys), waiting, cancel);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            if (keys.Length <= 1)
                throw TooBusy($"could not read a single row of {relation} within {patience.Read.TotalSeconds:0.#} s");
            waiting(new($"Waiting for the database: a read took longer than {patience.Read.TotalSeconds:0.#} s. It is tried again with less."));
        }

        var half = keys.Length / 2;
        return [.. await EachAsync(keys[..half], read, waiting, cancel), .. await EachAsync(keys[half..], read, waiting, cancel)];
    }

    private async Task<T> UnlockedAsync<T>(Func<Task<T>> read, Action<Wait?> waiting, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                var found = await read();
                if (tries > 1)
                    waiting(null);
                return found;
            }
            catch (PostgresException held) when (held.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (clock.GetElapsedTime(began) >= patience.Locked)
                    throw new EmbeddingAdminException(ErrorCodes.DatabaseTooBusy, $"Somebody held a lock on the whole table {relation} for {clock.GetElapsedTime(began).TotalSeconds:0} s. Nothing more was read. Wait until it is released (pg_stat_activity shows who holds it), then retry; the run goes on from there.");
            }

            waiting(new("Waiting for the database: somebody has locked the whole table. It is tried again."));
            await Task.Delay(FirstPause * Math.Min(tries, 8), clock, cancel);
        }
    }

    private static EmbeddingAdminException TooBusy(string what) =>
        new(ErrorCodes.DatabaseTooBusy, $"The database {what}. Nothing more was read. Look at what else runs there (pg_stat_activity), then retry; the run goes on from there.");
}
