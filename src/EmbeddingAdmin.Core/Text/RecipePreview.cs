using System.Globalization;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Text;

/// <summary>What a recipe makes of a row.</summary>
/// <param name="Key">The row's key.</param>
/// <param name="Text">The text, exactly as it would be sent; empty when there is nothing to embed.</param>
/// <param name="Bytes">Its length in UTF-8, by the database.</param>
/// <param name="LeftOut">The lines of the recipe whose columns are all blank in this row.</param>
public sealed record PreviewRow(string Key, string Text, int Bytes, IReadOnlyList<string> LeftOut);

/// <summary>Rows to judge a recipe by.</summary>
/// <param name="Rows">The rows, by key.</param>
/// <param name="AsOf">When the database read them.</param>
public sealed record RecipeSample(IReadOnlyList<PreviewRow> Rows, DateTimeOffset AsOf);

/// <summary>Shows what a recipe makes of real rows before anything is sent anywhere.</summary>
public sealed class RecipePreview(NpgsqlDataSource database)
{
    /// <summary>How many rows an operator is shown.</summary>
    public const int Most = 20;

    // What the rows are chosen from. A larger table is sampled by whole pages all over it, which takes as long however large it is.
    private const int Considered = 5000;
    private const int PagesConsidered = 150;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Up to twenty rows from all over the table, the same ones each time while the table stays as it is: among them, of what was looked at,
    /// the longest text, one with lines left out and one with nothing to embed.
    /// </summary>
    /// <exception cref="EmbeddingAdminException">Row-level security or a grant keeps this role from reading the rows.</exception>
    public async Task<RecipeSample> ReadAsync(Target target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        try
        {
            var pages = await PagesAsync(target, cancel);
            if (pages <= PagesConsidered * 2)
                return await ReadAsync(target, "", cancel);
            var share = (100d * PagesConsidered / pages).ToString("0.######", CultureInfo.InvariantCulture);
            var sample = await ReadAsync(target, $"tablesample system ({share}) repeatable (1)", cancel);
            // A filter that few rows pass may leave nothing of the pages that were taken.
            return sample.Rows.Count < Most ? await ReadAsync(target, "", cancel) : sample;
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Access.WriteRefusal.Explain(target, refused);
        }
    }

    /// <summary>Rows that hold a vector made with this target's recipe: another recipe would put them out of date.</summary>
    public async Task<long> MadeWithAsync(Target target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        await using var session = await TableSession.OpenAsync(database, Timeout, cancel);
        await using var command = session.Command(
            $"""
            select count(*) from embedding_admin.stamp s join embedding_admin.vector_column c on c.id = s.vector_column join embedding_admin.made_from m on m.id = s.made_from
              join {target.Relation} t on t.{target.Key}::text = s.row_key
             where c.name = $1 and m.recipe = $2 and t.{target.Vector} is not null and {target.Filter}
            """,
            target.ColumnName, target.Text.Recipe);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The table's size as it is, not as it was when it was analysed last.</summary>
    private async Task<long> PagesAsync(Target target, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "select coalesce(sum(pg_relation_size(relid)), 0)::bigint / current_setting('block_size')::int from (select relid from pg_partition_tree($1::oid) union select $1::oid) as parts");
        command.Parameters.Add(new() { Value = (long)target.Facts.Oid });
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<RecipeSample> ReadAsync(Target target, string sampling, CancellationToken cancel)
    {
        var gone = string.Join(", ", target.Text.Lines.Select(line => $"({line}) is null"));
        await using var session = await TableSession.OpenAsync(database, Timeout, cancel);
        await using var command = session.Command(
            $"""
            with considered as (
              select key, text, gone, octet_length(text) as bytes, case when text = '' then 2 when true = any(gone) then 1 else 0 end as kind
                from (select t.{target.Key} as key, {target.Text.Expression} as text, array[{gone}] as gone
                        from {target.Relation} t {sampling} where {target.Filter} limit {Considered}) as rows),
            chosen as (
              select *, row_number() over (order by md5(key::text)) as place,
                     row_number() over (order by bytes desc, key) = 1 or (kind > 0 and row_number() over (partition by kind order by md5(key::text)) = 1) as telling
                from considered)
            select key::text, text, bytes, gone, statement_timestamp() from (select * from chosen order by telling desc, place limit {Most}) as rows order by rows.key
            """);
        var lines = TextRecipe.Parse(target.Recipe.Template).Template.Split('\n');
        var rows = new List<PreviewRow>(Most);
        var asOf = DateTimeOffset.MinValue;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), [.. reader.GetFieldValue<bool[]>(3).Zip(lines).Where(line => line.First).Select(line => line.Second)]));
            asOf = reader.GetFieldValue<DateTimeOffset>(4);
        }

        return new(rows, asOf);
    }
}
