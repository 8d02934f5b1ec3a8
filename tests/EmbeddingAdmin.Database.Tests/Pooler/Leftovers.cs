using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Pooler;

/// <summary>What clients left in the sessions of the server that a pooler keeps for whoever comes next.</summary>
internal static class Leftovers
{
    /// <summary>One sentence for each thing that is not as in a session of nobody's; none when all is well.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(TestDatabase database, TestPooler pooler, CancellationToken cancel)
    {
        var found = new List<string>();
        // Asked without the pooler, which names its sessions anew for each client.
        await AddAsync(
            found, database.DataSource.CreateCommand(
            """
            select 'a session is still called ' || application_name from pg_stat_activity where datname = current_database() and state = 'idle' and application_name ~ '/'
            union all
            select 'an advisory lock is held by ' || pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
            union all
            select 'a transaction was left open by ' || application_name from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'
            """), cancel);

        await using var clients = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { NoResetOnClose = true, ApplicationName = "leftovers" }.ConnectionString);
        var (transactions, sessions) = (new List<NpgsqlTransaction>(), new HashSet<int>());
        try
        {
            // All at once, so that each is given another one.
            for (var session = 0; session < TestPooler.Servers; session++)
            {
                var connection = await clients.OpenConnectionAsync(cancel);
                var transaction = await connection.BeginTransactionAsync(cancel);
                transactions.Add(transaction);
                await using var process = new NpgsqlCommand("select pg_backend_pid()", connection, transaction);
                sessions.Add((int)(await process.ExecuteScalarAsync(cancel))!);
                await AddAsync(
                    found, new NpgsqlCommand(
                    """
                    select 'set ' || name || ' = ' || setting from pg_settings where source = 'session' and setting is distinct from reset_val and name <> 'application_name'
                    union all select 'set role ' || current_user where current_user <> session_user
                    union all select 'claims in ' || name || ': "' || current_setting(name, true) || '"' from unnest(array['request.jwt.claims', 'request.jwt.claim.sub', 'request.jwt.claim.role']) name where current_setting(name, true) is not null
                    union all select 'prepared ' || statement from pg_prepared_statements where name <> ''
                    union all select 'listens to ' || channel from pg_listening_channels() as channel
                    union all select 'holds the cursor ' || name from pg_cursors where is_holdable
                    union all select 'has the temporary ' || relname from pg_class where relnamespace = pg_my_temp_schema()
                    """, connection, transaction), cancel);
            }
        }
        finally
        {
            foreach (var transaction in transactions)
            {
                var connection = transaction.Connection;
                await transaction.DisposeAsync();
                if (connection is not null)
                    await connection.DisposeAsync();
            }
        }

        Assert.Equal(TestPooler.Servers, sessions.Count);
        return found;
    }

    private static async Task AddAsync(List<string> found, NpgsqlCommand ask, CancellationToken cancel)
    {
        await using (ask)
        {
            await using var reader = await ask.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                found.Add(reader.GetString(0));
        }
    }
}
