using EmbeddingAdmin.Access;
using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Access;

/// <summary>
/// The real API before a database of one test class: a table <c>stories</c> of three rows, which everybody may read and nobody but the service key
/// may change, a table of 2,500 rows, functions, and a schema that the API does not offer.
/// </summary>
public sealed class ApiStack(AssemblyStack stack) : IAsyncLifetime
{
    private ServiceProvider? _services;

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public TestPostgres Postgres => stack.Postgres;

    public TestDatabase Database { get; private set; } = null!;

    public string Url { get; private set; } = "";

    public string AnonKey { get; private set; } = "";

    public string ServiceKey { get; private set; } = "";

    public ApiAccess Anonymous => new(Url, AnonKey);

    public ApiAccess Service => new(Url, ServiceKey);

    public SupabaseApi Api => _services!.GetRequiredService<SupabaseApi>();

    public async ValueTask InitializeAsync()
    {
        Database = await stack.Postgres.CloneAsync(TestPostgres.Empty, Cancel);
        await Database.ExecuteAsync(
            """
            create table stories (id bigint primary key, title text not null, embedding extensions.vector(3));
            -- The API acts as a key's role only where it found row-level security at its start.
            alter table stories enable row level security;
            create table numbered (id bigint generated always as identity primary key, title text not null);
            insert into numbered (title) select 'n' || n from generate_series(1, 2500) n;
            create function clear_void(story bigint) returns void language sql as 'update stories set embedding = null where id = story';
            create function clear_counted(story bigint) returns int language plpgsql as 'declare n int; begin update stories set embedding = null where id = story; get diagnostics n = row_count; return n; end';
            create function clear_set(story bigint) returns setof bigint language sql as 'update stories set embedding = null where id = story returning id';
            create schema hidden;
            create table hidden.stories (id bigint primary key);
            """, Cancel);
        await Migrations.ApplyAsync(Database.DataSource, Cancel);
        (Url, AnonKey, ServiceKey) = await stack.Postgres.StartApiAsync(Database, Cancel);
        _services = Open(Url, ServiceKey, AnonKey);
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
            await _services.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>The table as it was at first, with no policy but the one for reading, no trigger, no rule, no publication and all grants; then some SQL.</summary>
    public Task ResetAsync(string then = "") => Database.ExecuteAsync(
        $"""
        do $$ declare it record; begin
          for it in select policyname n from pg_policies where tablename = 'stories' loop execute format('drop policy %I on stories', it.n); end loop;
          for it in select tgname n from pg_trigger where tgrelid = 'stories'::regclass and not tgisinternal loop execute format('drop trigger %I on stories', it.n); end loop;
          for it in select rulename n from pg_rules where tablename = 'stories' loop execute format('drop rule %I on stories', it.n); end loop;
          for it in select pubname n from pg_publication loop execute format('drop publication %I', it.n); end loop;
        end $$;
        truncate stories;
        insert into stories values (1, 'the cat sat on the mat', null), (2, 'two', '[1,2,3]'), (3, 'three', null);
        alter table stories enable row level security, no force row level security;
        create policy readable on stories for select to anon using (true);
        revoke all on stories from anon, service_role;
        grant select, insert, update, delete on stories to anon, service_role;
        {then}
        """, Cancel);

    /// <summary>Every row and which transaction wrote it.</summary>
    public async Task<string> RowsAsync() => (await Database.ScalarAsync<string>("select string_agg(xmin || ': ' || s::text, E'\\n' order by id) from stories s", Cancel))!;

    /// <summary>Sends a request as it is, and says what came back and what that means.</summary>
    public async Task<(ApiAnswer Answer, ApiMeaning Meaning)> SendAsync(ApiRequest request)
    {
        var answer = await Api.SendAsync(request, Cancel);
        return (answer, ApiMeaning.Of(request, answer));
    }

    /// <summary>The three cells of an identity, which never hold a key or a row's text.</summary>
    public Task<IReadOnlyList<AccessCell>> TryAsync(Identity who, AccessTry? how = null) => TryAsync(_services!, who, how);

    /// <inheritdoc cref="TryAsync(Identity, AccessTry?)"/>
    public async Task<IReadOnlyList<AccessCell>> TryAsync(IServiceProvider services, Identity who, AccessTry? how = null)
    {
        var cells = await services.GetRequiredService<ApiProbe>().TryAsync(await TargetAsync(services), who, how ?? new(), Cancel);
        Assert.Equal([AccessQuestion.Sees, AccessQuestion.Changes, AccessQuestion.Sticks], cells.Select(cell => cell.Question));
        Assert.All(cells, cell =>
        {
            Assert.Equal(who, cell.Identity);
            Assert.DoesNotContain(ServiceKey[10..], $"{cell}", StringComparison.Ordinal);
            Assert.DoesNotContain(AnonKey[15..], $"{cell}", StringComparison.Ordinal);
            Assert.DoesNotContain("cat sat", $"{cell}", StringComparison.Ordinal);
        });
        return cells;
    }

    /// <summary>That it can now: every answer for it is yes, and no row was written by anybody else than it.</summary>
    public async Task CanAsync(Identity who)
    {
        var rows = await Database.ScalarAsync<string>("select string_agg(s::text, '' order by id) from stories s", Cancel);
        Assert.All(await TryAsync(who), cell => Assert.True(cell.Answer == AccessAnswer.Yes, $"{cell}"));
        Assert.Equal(rows, await Database.ScalarAsync<string>("select string_agg(s::text, '' order by id) from stories s", Cancel));
    }

    public Task<Target> TargetAsync(IServiceProvider? services = null)
    {
        var catalog = (services ?? _services!).GetRequiredService<TableCatalog>();
        return catalog.ResolveAsync(catalog.Tables[0], Cancel);
    }

    /// <summary>The engine with other settings of the API, on the same database.</summary>
    public ServiceProvider Open(string? url, string? serviceKey = null, string? anonKey = null, HttpClient? http = null) =>
        Open(new ConfigurationBuilder().AddInMemoryCollection(Settings(url, serviceKey, anonKey)).Build(), http);

    /// <inheritdoc cref="Open(string?, string?, string?, HttpClient?)"/>
    public static ServiceProvider Open(IConfiguration settings, HttpClient? http = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddEmbeddingAdmin(settings);
        if (http is not null)
            services.AddSingleton(http);
        return services.BuildServiceProvider();
    }

    public Dictionary<string, string?> Settings(string? url, string? serviceKey, string? anonKey) => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings:Postgres"] = Database.ConnectionString,
        ["Tables:0:Name"] = "stories",
        ["Tables:0:Vector"] = "embedding",
        ["Tables:0:Text"] = "{title}",
        ["Supabase:Url"] = url,
        ["Supabase:ServiceKey"] = serviceKey,
        ["Supabase:AnonKey"] = anonKey,
    };
}
