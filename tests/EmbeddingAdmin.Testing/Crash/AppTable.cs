using EmbeddingAdmin.Testing.Texts;
using Npgsql;

namespace EmbeddingAdmin.Testing.Crash;

/// <summary>A row as the app knows it.</summary>
/// <param name="Title">Its title; may be blank.</param>
/// <param name="Content">Its content; may be blank.</param>
/// <param name="Likes">A column that no text is made of.</param>
public sealed record AppRow(string? Title, string? Content, int Likes)
{
    /// <summary>The text that its vector has to be made from: its lines that are not blank. Written without a look at how the product does it.</summary>
    public string Text => string.Join('\n', new[] { Title, Content }.Where(line => !string.IsNullOrWhiteSpace(line)));
}

/// <summary>
/// The table of the app whose rows are embedded, and what the app knows of it: every row, every text that it ever had, and whether the app
/// touched it while the run went on. A trigger writes down every vector that arrives.
/// </summary>
public sealed class AppTable(string connectionString, CrashPlan plan)
{
    public const string Name = "notes";
    public const int Dimensions = 24;

    /// <summary>Stands in every text; whatever we log or keep must not hold it.</summary>
    public const string Marker = "zebra-in-the-text";

    private static readonly NaturalText[] Texts = [.. NaturalTexts.All().Take(4000)];

    private readonly Random _random = new(plan.Seed);
    private readonly Dictionary<long, HashSet<string>> _texts = [];

    /// <summary>The rows by their key.</summary>
    public Dictionary<long, AppRow> Rows { get; } = [];

    /// <summary>The keys of rows that the app has made or changed since the run began.</summary>
    public HashSet<long> Touched { get; } = [];

    /// <summary>The rows that the app added, and when it knew that they were committed.</summary>
    public Dictionary<long, DateTimeOffset> Added { get; } = [];

    /// <summary>Every text that the row has had.</summary>
    public IReadOnlySet<string> TextsOf(long key) => _texts[key];

    /// <summary>Makes the table with its rows.</summary>
    public async Task MakeAsync(CancellationToken cancel)
    {
        await using var connection = await OpenAsync();
        await ExecuteAsync(
            connection,
            $"""
            create table {Name} (id bigint primary key, title text, content text, likes int not null default 0, embedding extensions.vector({Dimensions}));
            create schema lab;
            create table lab.arrival (no bigint generated always as identity, id bigint, title text, content text, vector extensions.vector, port int, at timestamptz default clock_timestamp());
            create table lab.app_change (no int primary key)
            """, cancel);
        for (var n = 1; n <= plan.Rows; n++)
        {
            // Gaps between the keys, so that the app can add rows behind a cursor.
            var blank = plan.BlankEvery > 0 && n % plan.BlankEvery == 0;
            Keep(n * 10, blank ? new(n % 2 == 0 ? null : " \t", "", 0) : Fresh(n * 10));
        }

        await using (var copy = await connection.BeginBinaryImportAsync($"copy {Name} (id, title, content) from stdin (format binary)", cancel))
        {
            foreach (var (key, row) in Rows)
            {
                await copy.StartRowAsync(cancel);
                await copy.WriteAsync(key, cancel);
                await copy.WriteAsync(row.Title, cancel);
                await copy.WriteAsync(row.Content, cancel);
            }

            await copy.CompleteAsync(cancel);
        }

        if (plan.UnstampedEvery > 0)
            await ExecuteAsync(connection, $"update {Name} set embedding = array_fill(0.5, array[{Dimensions}])::extensions.vector where (id / 10) % {plan.UnstampedEvery} = 0 and content <> ''", cancel);
        await ExecuteAsync(
            connection,
            $"""
            create function lab.note_arrival() returns trigger language plpgsql as
            $$ begin insert into lab.arrival (id, title, content, vector, port) values (new.id, new.title, new.content, new.embedding, inet_client_port()); return null; end $$;
            create trigger note_arrival after update of embedding on {Name} for each row when (new.embedding is not null) execute function lab.note_arrival();
            analyze {Name}
            """, cancel);
    }

    /// <summary>The app at work beside the run: it edits, likes, deletes and adds rows, some behind the cursor and some in slow transactions, until it is told to stop.</summary>
    public async Task ChangeAsync(CancellationToken stop)
    {
        for (var no = 1; no <= plan.AppChanges && !stop.IsCancellationRequested; no++)
        {
            var change = Draw();
            // Also when it is told to stop: a change whose COMMIT got no answer has to be known for certain.
            while (!await TriedAsync(no, change, stop))
                await Waiting.ForAsync(TimeSpan.FromMilliseconds(50), CancellationToken.None);

            await Waiting.ForAsync(TimeSpan.FromMilliseconds(_random.Next(5, 60)), stop);
        }
    }

    private AppRow Fresh(long key)
    {
        var text = Texts[_random.Next(Texts.Length)];
        return new($"{text.Title} {key}.{_random.Next(1_000_000)}", $"{text.Content} {Marker}", 0);
    }

    private Change Draw()
    {
        var keys = Rows.Keys.ToArray();
        var key = keys[_random.Next(keys.Length)];
        var slow = TimeSpan.FromMilliseconds(_random.Next(4) == 0 ? _random.Next(50, 300) : 0);
        switch (_random.Next(6))
        {
            case 0:
                return new(key, null, slow);
            case 1:
                var free = (keys[_random.Next(keys.Length)] / 10 * 10) + _random.Next(1, 10);
                return Rows.ContainsKey(free) || _texts.ContainsKey(free) ? new(key, Rows[key] with { Likes = 1 }, slow) : new(free, Fresh(free), slow);
            case 2:
                return new(key, Rows[key] with { Likes = Rows[key].Likes + 1 }, slow);
            default:
                return new(key, Fresh(key) with { Likes = Rows[key].Likes }, slow);
        }
    }

    private async Task<bool> TriedAsync(int no, Change change, CancellationToken stop)
    {
        try
        {
            await ApplyAsync(no, change, stop);
            Remember(change);
            return true;
        }
        catch (Exception trouble) when (trouble is NpgsqlException or TimeoutException)
        {
            // The server is down, or a row was locked for too long; whether it was committed is looked up the next time.
            return false;
        }
    }

    private async Task ApplyAsync(int no, Change change, CancellationToken stop)
    {
        await using var connection = await OpenAsync();
        await using (var known = new NpgsqlCommand("select 1 from lab.app_change where no = $1", connection) { Parameters = { new() { Value = no } } })
        {
            if (await known.ExecuteScalarAsync(CancellationToken.None) is not null)
                return;
        }

        await using var transaction = await connection.BeginTransactionAsync(CancellationToken.None);
        var sql = change.Row is null ? $"delete from {Name} where id = $1"
            : $"insert into {Name} (id, title, content, likes) values ($1, $2, $3, $4) on conflict (id) do update set title = excluded.title, content = excluded.content, likes = excluded.likes";
        await using (var command = new NpgsqlCommand($"set local lock_timeout = '5s'; insert into lab.app_change values ({no})", connection, transaction))
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        await using (var command = new NpgsqlCommand(sql, connection, transaction) { Parameters = { new() { Value = change.Key } } })
        {
            if (change.Row is { } row)
            {
                command.Parameters.Add(new() { Value = row.Title ?? (object)DBNull.Value });
                command.Parameters.Add(new() { Value = row.Content ?? (object)DBNull.Value });
                command.Parameters.Add(new() { Value = row.Likes });
            }

            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }

        await Waiting.ForAsync(change.Slow, stop);
        await transaction.CommitAsync(CancellationToken.None);
    }

    // Unpooled: after a crash of the server a pool would hand out dead connections for a while.
    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "the app" }.ConnectionString);
        await connection.OpenAsync(CancellationToken.None);
        return connection;
    }

    private void Remember(Change change)
    {
        Touched.Add(change.Key);
        if (!_texts.ContainsKey(change.Key))
            Added[change.Key] = TimeProvider.System.GetUtcNow();
        if (change.Row is { } row)
            Keep(change.Key, row);
        else
            Rows.Remove(change.Key);
    }

    private void Keep(long key, AppRow row)
    {
        Rows[key] = row;
        if (!_texts.TryGetValue(key, out var texts))
            _texts[key] = texts = new(StringComparer.Ordinal);
        texts.Add(row.Text);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private sealed record Change(long Key, AppRow? Row, TimeSpan Slow);
}
