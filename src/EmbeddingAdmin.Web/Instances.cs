using System.Runtime.CompilerServices;
using EmbeddingAdmin.Runs;
using Npgsql;

namespace EmbeddingAdmin.Web;

/// <summary>The instances that are up, as they note it in the database.</summary>
internal sealed class Instances(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>How often an instance says that it is up; who has not said so three times is gone.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    /// <summary>Says that this one is up.</summary>
    public async Task BeatAsync(Guid id, string address, InstanceRole role, CancellationToken cancel)
    {
        await using var beat = database.CreateCommand("""
            with gone as (delete from embedding_admin.instance where seen_at < clock_timestamp() - interval '1 day')
            insert into embedding_admin.instance (id, address, role) values ($1, $2, $3)
            on conflict (id) do update set seen_at = clock_timestamp()
            """);
        beat.Parameters.Add(new() { Value = id });
        beat.Parameters.Add(new() { Value = address });
        beat.Parameters.Add(new() { Value = role.Name });
        await beat.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Says that this one ends.</summary>
    public async Task LeaveAsync(Guid id, CancellationToken cancel)
    {
        await using var leave = database.CreateCommand("delete from embedding_admin.instance where id = $1");
        leave.Parameters.Add(new() { Value = id });
        await leave.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>The address of the dashboard that was started last; null when none is up.</summary>
    public async Task<string?> AddressAsync(CancellationToken cancel)
    {
        await using var select = database.CreateCommand(
            "select address from embedding_admin.instance where role <> 'worker' and seen_at > clock_timestamp() - make_interval(secs => $1) order by started_at desc limit 1");
        select.Parameters.Add(new() { Value = (Beat * 3).TotalSeconds });
        return (string?)await select.ExecuteScalarAsync(cancel);
    }

    /// <summary>Whether one is up that drives runs.</summary>
    public async Task<bool> DriveAsync(CancellationToken cancel)
    {
        await using var select = database.CreateCommand(
            "select exists (select from embedding_admin.instance where role <> 'dashboard' and seen_at > clock_timestamp() - make_interval(secs => $1))");
        select.Parameters.Add(new() { Value = (Beat * 3).TotalSeconds });
        return await select.ExecuteScalarAsync(cancel) is true;
    }

    /// <summary>Whether one is up that drives runs, now and whenever that changes.</summary>
    public async IAsyncEnumerable<bool> WatchDriversAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool? said = null;
        while (true)
        {
            var drive = await DriveAsync(cancellationToken);
            if (drive != said)
                yield return drive;
            said = drive;
            await Task.Delay(Beat, clock, cancellationToken);
        }
    }
}
