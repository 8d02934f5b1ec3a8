using EmbeddingAdmin.Testing.Postgres;
using Npgsql;

namespace EmbeddingAdmin.Database.Tests.Pooler;

public sealed class LeftoversTests(AssemblyStack stack)
{
    [Theory]
    [InlineData("select 1", null)]
    [InlineData("set statement_timeout = 4321", "set statement_timeout = 4321")]
    [InlineData("set role service_role", "set role service_role")]
    [InlineData("select set_config('request.jwt.claims', '{}', false)", "claims in request.jwt.claims: \"{}\"")]
    [InlineData("begin; select set_config('request.jwt.claim.sub', 'ada', true); rollback", "claims in request.jwt.claim.sub: \"\"")]
    [InlineData("begin; set local role service_role; rollback", null)]
    [InlineData("select pg_advisory_lock(4711)", "an advisory lock is held")]
    [InlineData("prepare later as select 1", "prepared prepare later")]
    [InlineData("listen news", "listens to news")]
    [InlineData("create temp table kept (id int)", "has the temporary kept")]
    [InlineData("declare kept cursor with hold for select 1", "holds the cursor kept")]
    public async Task Whatever_a_client_leaves_in_a_session_is_found_there(string sql, string? found)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await stack.Postgres.CloneAsync(TestPostgres.Empty, cancel);
        await using var pooler = await stack.Postgres.StartPoolerAsync(database, cancel);
        await using (var client = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(pooler.ConnectionString) { Pooling = false }.ConnectionString))
        {
            await client.OpenAsync(cancel);
            await using var leave = new NpgsqlCommand(sql, client);
            await leave.ExecuteNonQueryAsync(cancel);
        }

        var left = await Leftovers.FindAsync(database, pooler, cancel);
        if (found is null)
            Assert.Empty(left);
        else
            Assert.Contains(left, each => each.StartsWith(found, StringComparison.Ordinal));
    }
}
