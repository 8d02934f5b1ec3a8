using Npgsql;
using NpgsqlTypes;

namespace EmbeddingAdmin.Local;

/// <summary>The database that the demo lives in.</summary>
internal static class DemoDatabase
{
    public const string Name = "embedding_admin_demo";

    /// <summary>Makes the database with roles, extension and, when wanted, the demo's rows, as far as they are not there.</summary>
    /// <returns>The connection string to it.</returns>
    public static async Task<string> PrepareAsync(string server, LocalStackOptions options, IProgress<string> steps, CancellationToken cancel)
    {
        await using (var connection = await OpenAsync(server, cancel))
        {
            if (await ScalarAsync(connection, $"select 1 from pg_database where datname = '{Name}'", cancel) is null)
                await ExecuteAsync(connection, $"create database {Name}", cancel);
        }
        var database = new NpgsqlConnectionStringBuilder(server) { Database = Name }.ConnectionString;
        await using (var connection = await OpenAsync(database, cancel))
        {
            await MakeRolesAsync(connection, cancel);
            if (options.ResetDemo)
            {
                steps.Report("Taking the demo back to its empty state");
                await ExecuteAsync(connection, "drop table if exists public.stories, public.profiles cascade; drop schema if exists embedding_admin cascade", cancel);
            }
            if (options.WithDemo && await ScalarAsync(connection, "select to_regclass('public.stories')::text", cancel) is null)
            {
                steps.Report("Loading 5,000 stories and 1,500 profiles");
                await LoadAsync(connection, cancel);
            }
        }
        return database;
    }

    /// <summary>Roles, the schema <c>extensions</c>, pgvector, and the search path that Supabase gives its roles.</summary>
    public static async Task MakeRolesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await ExecuteAsync(connection, Resource.Text("roles.sql"), cancel);
        // Settings of a database are not copied with a template, so every database gets its own.
        await ExecuteAsync(connection, $"""alter database "{connection.Database}" set search_path = "$user", public, extensions""", cancel);
    }

    /// <summary>The two tables with all their rows, or none of it.</summary>
    public static async Task LoadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using (var transaction = await connection.BeginTransactionAsync(cancel))
        {
            await ExecuteAsync(connection, Resource.Text("schema.sql"), cancel);
            var users = DemoProfiles.UserIds();
            await using (var copy = await connection.BeginBinaryImportAsync("copy public.stories (id, user_id, title, content, genre, tags, created_at) from stdin (format binary)", cancel))
            {
                foreach (var story in DemoStories.Make(users))
                {
                    await copy.StartRowAsync(cancel);
                    await copy.WriteAsync(story.Id, NpgsqlDbType.Uuid, cancel);
                    await copy.WriteAsync(story.UserId, NpgsqlDbType.Uuid, cancel);
                    await WriteTextAsync(copy, story.Title, NpgsqlDbType.Text, cancel);
                    await WriteTextAsync(copy, story.Content, NpgsqlDbType.Text, cancel);
                    await WriteTextAsync(copy, story.Genre, NpgsqlDbType.Text, cancel);
                    await copy.WriteAsync(story.Tags, NpgsqlDbType.Array | NpgsqlDbType.Text, cancel);
                    await copy.WriteAsync(story.CreatedAt, NpgsqlDbType.TimestampTz, cancel);
                }
                await copy.CompleteAsync(cancel);
            }
            await using (var copy = await connection.BeginBinaryImportAsync("copy public.profiles (id, display_name, bio, preferences) from stdin (format binary)", cancel))
            {
                foreach (var profile in DemoProfiles.Make(users))
                {
                    await copy.StartRowAsync(cancel);
                    await copy.WriteAsync(profile.Id, NpgsqlDbType.Uuid, cancel);
                    await WriteTextAsync(copy, profile.DisplayName, NpgsqlDbType.Text, cancel);
                    await WriteTextAsync(copy, profile.Bio, NpgsqlDbType.Text, cancel);
                    await WriteTextAsync(copy, profile.Preferences, NpgsqlDbType.Jsonb, cancel);
                }
                await copy.CompleteAsync(cancel);
            }
            await transaction.CommitAsync(cancel);
        }
        // So that the planner and the dashboard's estimates know the tables at once.
        await ExecuteAsync(connection, "analyze public.stories, public.profiles", cancel);
    }

    public static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancel)
    {
        // Unpooled: an idle connection would keep the database from serving as a template.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancel);
        return connection;
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel) is { } value and not DBNull ? value : null;
    }

    private static Task WriteTextAsync(NpgsqlBinaryImporter copy, string? text, NpgsqlDbType type, CancellationToken cancel) =>
        text is null ? copy.WriteNullAsync(cancel) : copy.WriteAsync(text, type, cancel);
}
