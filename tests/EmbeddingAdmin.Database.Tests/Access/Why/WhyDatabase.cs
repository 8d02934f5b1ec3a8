using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Why;
using EmbeddingAdmin.Database.Tests.Engine;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;


namespace EmbeddingAdmin.Database.Tests.Access.Why;

/// <summary>
/// One database for all cases, on a server of its own, because some change what roles of the whole server can do. Each case begins with six rows
/// of two owners in a schema <c>public</c> made anew.
/// </summary>
public sealed class WhyDatabase : IAsyncLifetime
{
    public const string Odd = "11111111-1111-4111-8111-111111111111";
    public const string Even = "22222222-2222-4222-8222-222222222222";

    private TestPostgres? _postgres;
    private TestEngine? _engine;
    private ServiceProvider? _writer;

    /// <summary>The engine with the superuser's connection.</summary>
    public TestEngine Engine => _engine!;

    /// <summary>The engine with the connection of <see cref="Role"/>.</summary>
    public ServiceProvider Writer => _writer!;

    /// <summary>A role of its own for the connection, without any attribute; in the SQL of a case it is <c>writer</c>.</summary>
    public string Role => $"writer_{Engine.Database.Name}";

    public async ValueTask InitializeAsync()
    {
        _postgres = await TestPostgres.StartAsync(TestEngine.Cancel);
        _engine = await TestEngine.StartAsync(_postgres, 0, ("Tables:0:Owner", "user_id"));
        await SqlAsync($"do $$ begin create role {Role} login password 'pass'; exception when duplicate_object then null; end $$; do $$ begin create role authenticator noinherit; exception when duplicate_object then null; end $$");
        _writer = _engine.Another(
            new NpgsqlConnectionStringBuilder(_engine.Database.ConnectionString) { Username = Role, Password = "pass" }.ConnectionString, ("Tables:0:Owner", "user_id"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
            await _writer.DisposeAsync();
        if (_engine is not null)
            await _engine.DisposeAsync();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
    }

    /// <summary>Takes everything back to the beginning, and then to where the case begins.</summary>
    public async Task BeginAsync(string setup)
    {
        await SqlAsync(
            $"""
            drop schema if exists public, auth, other, postgres cascade; drop foreign data wrapper if exists nothing cascade; drop owned by {Role} cascade;
            create schema public; grant usage on schema public to public;
            alter role {Role} nobypassrls password 'pass'; alter role service_role bypassrls; grant usage on schema extensions to {Role}, anon, authenticated, service_role;
            alter role service_role in database {Engine.Database.Name} reset all; alter role authenticator in database {Engine.Database.Name} reset all; alter role {Role} in database {Engine.Database.Name} reset all;
            revoke anon, authenticated, service_role from {Role};
            grant usage on schema embedding_admin to {Role}; grant all on all tables in schema embedding_admin to {Role}; grant all on all sequences in schema embedding_admin to {Role};
            delete from embedding_admin.stamp;
            create table stories (id bigint primary key, user_id uuid, title text, content text, genre text, tags text[], likes int not null default 0, updated_at timestamptz, embedding extensions.vector({TestEngine.Dimensions}));
            insert into stories (id, user_id, title, content, genre) select n, case n % 2 when 1 then '{Odd}' else '{Even}' end::uuid, 'title ' || n, 'the content of ' || n, 'letters' from generate_series(1, 6) n;
            """);
        await SqlAsync(setup);
    }

    /// <summary>Runs statements as the superuser.</summary>
    public Task SqlAsync(string sql) => Engine.Database.ExecuteAsync(Named(sql), TestEngine.Cancel);

    public Task<Diagnosis> AskAsync(Identity who, AccessTry? how = null, EmbeddingTable? table = null) =>
        Services(who).GetRequiredService<WhyNothingChanged>().AskAsync(table ?? Engine.Table, who, how ?? new() { Key = "1" }, TestEngine.Cancel);

    /// <summary>The services that an identity is asked with: the connection is that of the role, all others are asked over the superuser's.</summary>
    public ServiceProvider Services(Identity who) => who == Identity.Connection ? Writer : Engine.Services;

    /// <summary>Runs a statement as an identity, rolls it back, and returns how many rows it changed, or else the rows or the number that it gave.</summary>
    public async Task<long> ActAsync(Identity who, string sql)
    {
        await using var connection = await Engine.Database.DataSource.OpenConnectionAsync(TestEngine.Cancel);
        await using var transaction = await connection.BeginTransactionAsync(TestEngine.Cancel);
        await using var command = new NpgsqlCommand(
            Named($$"""select set_config('request.jwt.claims', '{"sub":"{{Odd}}","role":"{{who.Role}}"}', true); set local role {{who.Role ?? "writer"}}; {{sql}}"""), connection, transaction);
        await using var reader = await command.ExecuteReaderAsync(TestEngine.Cancel);
        while (await reader.NextResultAsync(TestEngine.Cancel) && reader.FieldCount == 0)
        {
        }

        if (reader.FieldCount == 0)
            return reader.RecordsAffected;
        var rows = 0L;
        while (await reader.ReadAsync(TestEngine.Cancel))
            rows++;
        return rows;
    }

    /// <summary>Everything in the table, as one word.</summary>
    public Task<string?> ChecksumAsync() => Engine.Database.ScalarAsync<string>("select md5(coalesce(string_agg(t::text, '' order by id), '')) from stories t", TestEngine.Cancel);

    private string Named(string sql) => System.Text.RegularExpressions.Regex.Replace(sql, @"\bwriter\b", Role, System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromMinutes(1));
}

[CollectionDefinition(nameof(WhyDatabase))]
public sealed class WhyCollection : ICollectionFixture<WhyDatabase>;
