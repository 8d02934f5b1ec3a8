using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Providers;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>What a probe came to, as a script reads it. What is not known is null; of a table that cannot be used, all but its name, the code and the message.</summary>
internal sealed record ProbeAnswer(
    string? Provider, string? Host, string? Model, string? AnswersAs, int? Dimensions, double? Norm, long? Milliseconds, long? Tokens, decimal? Cost, string? Currency, DateOnly? PriceAsOf,
    IReadOnlyList<string> Tables, string? Code, string? Message, IReadOnlyList<string> Warnings, DateTimeOffset? AsOf)
{
    public static ProbeAnswer Of(Probed probed)
    {
        var (use, state, report) = (probed.Use, probed.State, probed.Report);
        var priced = state.Price is { } price ? (price.Currency, price.AsOf) : ((string, DateOnly)?)null;
        return new(
            use.Model.Provider, use.Model.Host, use.Model.Model, report.AnswersAs, use.Model.Dimensions, report.Norm is { } norm ? Math.Round(norm, 6) : null,
            (long)Math.Ceiling(report.Latency.TotalMilliseconds), report.Tokens, state.Cost, priced?.Item1, priced?.Item2,
            use.Tables, report.Code, report.Code is null ? null : report.Sentence, report.Warnings, report.At);
    }

    public static ProbeAnswer Of(TableFault fault) =>
        new(null, null, null, null, null, null, null, null, null, null, null, [fault.Table], fault.Fault.Code, fault.Fault.Message, [], null);

    public static string InWords(Probed probed)
    {
        var (report, tables) = (probed.Report, string.Join(", ", probed.Use.Tables));
        if (report.Code is { } code)
            return $"{tables}: {code}: {report.Sentence}";
        var named = report.AnswersAs is { Length: > 0 } name ? $"answers as {name}" : "names no model";
        return string.Join('\n',
        [
            $"{tables}: {probed.Use.Model.Model} {(probed.Use.IsLocal ? probed.Use.Model.Host : $"at {probed.Use.Model.Host}")} {named}, as of {report.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC",
            $"  vectors of {Amount.Of(probed.Use.Model.Dimensions)} dimensions and length {report.Norm:0.####}, in {ProviderWords.Milliseconds(report)}",
            $"  tokens: {(report.Tokens is { } tokens ? Amount.Of(tokens) : "not reported")} · cost: {ProviderWords.Cost(probed.State)}",
            .. report.Warnings.Select(warning => $"  warning: {warning}"),
        ]);
    }

    public static string InWords(TableFault fault) => $"{fault.Table}: {fault.Fault.Code}: {fault.Fault.Message}";
}
