using System.Globalization;
using EmbeddingAdmin.Access;
using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Rows;

/// <summary>
/// Goes through a table's rows one by one in an order that somebody chose. Where the order would have to be made from all rows of a large table, it
/// is made from a sample, which is the same at every step, and that is said.
/// </summary>
public sealed class SpotCheck(NpgsqlDataSource database, RowPages pages)
{
    private const double LargeTable = 20_000;
    private const double SampledRows = 5_000;
    private static readonly TimeSpan StatementTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Why rows cannot be gone through in that order, as a sentence; null when they can.</summary>
    public static string? WhyNot(Target target, SampleOrder order)
    {
        ArgumentNullException.ThrowIfNull(target);
        return order is SampleOrder.Oldest or SampleOrder.Newest && Made(target) is null
            ? "Nothing says when a row was made: the settings name no CreatedAt column, and the key is not a number that counts up."
            : null;
    }

    /// <summary>What stands for when a row was made: the CreatedAt column, or a key that counts up; null when nothing does.</summary>
    public static string? CreationColumn(Target target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.MadeAt?.Name ?? (Made(target) is null ? null : target.KeyName);
    }

    /// <summary>The first row in the order.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RowSecurity"/> or <see cref="ErrorCodes.Grant"/>: the role may not read the table.</exception>
    public Task<SampleStep> FirstAsync(Target target, SampleWalk walk, CancellationToken cancel) => StepAsync(target, walk, null, back: false, cancel);

    /// <summary>The row that comes next.</summary>
    /// <exception cref="EmbeddingAdminException">As for the first.</exception>
    public Task<SampleStep> NextAsync(Target target, SampleWalk walk, string from, CancellationToken cancel) => StepAsync(target, walk, from, back: false, cancel);

    /// <summary>The row that came before.</summary>
    /// <exception cref="EmbeddingAdminException">As for the first.</exception>
    public Task<SampleStep> PreviousAsync(Target target, SampleWalk walk, string from, CancellationToken cancel) => StepAsync(target, walk, from, back: true, cancel);

    private async Task<SampleStep> StepAsync(Target target, SampleWalk walk, string? typed, bool back, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(walk);
        if (WhyNot(target, walk.Order) is { } why)
            return new(null, why, null);
        var from = typed is null ? null : RowKey.Read(target, typed);
        if (typed is not null && from is null)
            return new(null, "There is no such row.", null);
        if (walk.Order is SampleOrder.Key or SampleOrder.State)
            return Came(await pages.StepAsync(target, walk.Order == SampleOrder.State ? walk.State : null, from, back, cancel), from, back);
        try
        {
            return await OrderedAsync(target, walk, from, back, cancel);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw WriteRefusal.Explain(target, refused);
        }
    }

    private async Task<SampleStep> OrderedAsync(Target target, SampleWalk walk, string? from, bool back, CancellationToken cancel)
    {
        var (sample, among) = Sample(target, walk);
        await using var session = await TableSession.OpenAsync(database, StatementTimeout, cancel);
        await using var command = session.Command(Sql(target, walk, sample, from is not null, back), from is null ? [] : [from]);
        try
        {
            return await command.ExecuteScalarAsync(cancel) is string key ? new(key, null, among) : new(null, End(from, back), among);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return new(null, $"Putting the rows in this order took longer than {StatementTimeout.TotalSeconds:0} s and was given up. {Cure(target, walk)}", among);
        }
    }

    /// <summary>The statement; $1 is the key to go on from, if there is one.</summary>
    internal static string Sql(Target target, SampleWalk walk, string sample, bool from, bool back)
    {
        var value = Value(target, walk);
        var backwards = back != (walk.Order is SampleOrder.Newest or SampleOrder.Longest);
        var direction = backwards ? "desc" : "asc";
        var behind = from
            ? $"({value}, t.{target.Key}) {(backwards ? '<' : '>')} (select {value}, t.{target.Key} from {target.Relation} t where t.{target.Key} = $1::{target.KeyType})"
            : "true";
        return $"select t.{target.Key}::text from {target.Relation} t {sample} where {behind} and {value} is not null and {target.Filter} order by {value} {direction}, t.{target.Key} {direction} limit 1";
    }

    private static string Value(Target target, SampleWalk walk) => walk.Order switch
    {
        SampleOrder.Oldest or SampleOrder.Newest => $"t.{Made(target)}",
        SampleOrder.Longest or SampleOrder.Shortest => $"char_length({target.Text.Expression})",
        _ => $"hashtextextended(t.{target.Key}::text, {walk.Seed.ToString(CultureInfo.InvariantCulture)})",
    };

    private static SqlName? Made(Target target) => target.MadeAt is { } column ? SqlName.Of(column.Name)
        : target.Facts.Columns.Single(c => c.Name == target.KeyName).BaseType is "int4" or "int8" ? target.Key : null;

    /// <summary>The blocks of a large table that are read, the same ones for the same seed.</summary>
    private static (string Sql, string? Among) Sample(Target target, SampleWalk walk)
    {
        var rows = target.Facts.EstimatedRows;
        if (rows < LargeTable || walk.Order is SampleOrder.Oldest or SampleOrder.Newest)
            return ("", null);
        var percent = (100 * SampledRows / rows).ToString("0.########", CultureInfo.InvariantCulture);
        return ($"tablesample system ({percent}) repeatable ({walk.Seed.ToString(CultureInfo.InvariantCulture)})",
            $"The table has about {rows:N0} rows: this order is that of a sample of about {SampledRows:N0}, the same at every step.");
    }

    private static SampleStep Came(RowPage page, string? from, bool back) =>
        page.Rows is [var row] ? new(row.Key, null, null)
        : page.StoppedAt is { } at ? new(null, $"Looked at {page.Looked:N0} rows, up to key {at}, and found none that belongs here yet. The list of rows can be searched further.", null)
        : new(null, End(from, back), null);

    private static string End(string? from, bool back) =>
        from is null ? "There is no row in this order." : back ? "There is no row before this one in this order." : "There is no row behind this one in this order.";

    private static string Cure(Target target, SampleWalk walk) => walk.Order is SampleOrder.Oldest or SampleOrder.Newest
        ? $"An index on {target.MadeAt?.Name ?? target.KeyName} and the key makes it quick."
        : target.Facts.EstimatedRows < 0 ? "The table was never analysed, so that no sample could be taken of it: ANALYZE it." : "Go through the rows by key, or by chance.";
}
