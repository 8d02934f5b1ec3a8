using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>What a run costs, in words. A model without a price is unpriced and never free.</summary>
internal static class CostWords
{
    private const string Free = "free, made in this process";
    private const string Unpriced = "unpriced";

    /// <summary>What a start would cost.</summary>
    public static string Of(RunPlan plan, TokenEstimate tokens)
    {
        if (IsLocal(plan))
            return Free;
        if (plan.Price is not { } price)
            return Unpriced;
        if (tokens.Bytes == 0)
            return "nothing";
        var (least, most) = (Money(price, tokens.AtLeast), Money(price, tokens.AtMost));
        return least == most ? least : $"about {least} to {most}";
    }

    /// <summary>What it would cost to embed so many of the texts that a preview has counted, if they are as long as the others.</summary>
    public static string OfSample(StartPreview preview, int rows)
    {
        if (IsLocal(preview.Plan))
            return Free;
        if (preview.Plan.Price is not { } price)
            return Unpriced;
        var share = preview.RowsWithText == 0 ? 0 : Math.Min(1, (double)rows / preview.RowsWithText);
        return share == 0 ? "nothing" : $"at most about {Money(price, (long)Math.Ceiling(preview.Tokens.AtMost * share))}";
    }

    /// <summary>What a run has cost so far.</summary>
    public static string SoFar(RunSnapshot snapshot)
    {
        var (plan, tokens) = (snapshot.Run.Plan, snapshot.Progress.Tokens);
        if (IsLocal(plan))
            return Free;
        return plan.Price is not { } price ? Unpriced : AreReported(snapshot) ? Money(price, tokens) : "not known: no tokens were reported";
    }

    /// <summary>What the cost is counted by; null for what is made in this process.</summary>
    public static string? Basis(RunPlan plan) => plan switch
    {
        _ when IsLocal(plan) => null,
        { Price: { } price } => $"at the price of {price.AsOf:yyyy-MM-dd}: {Money(price, 1_000_000)} for a million tokens",
        _ => $"the settings (Prices) have no price of {plan.Model} at {plan.Host}",
    };

    /// <summary>The tokens that a start would come to.</summary>
    public static string Tokens(RunPlan plan, TokenEstimate tokens) => IsLocal(plan) || tokens.Bytes == 0 ? "none" : $"about {Amount.Of(tokens.Tokens)}";

    /// <summary>How far that may be off, and what it was computed from.</summary>
    public static string? TokensBasis(RunPlan plan, TokenEstimate tokens) => plan switch
    {
        _ when IsLocal(plan) => "no text is sent to a provider",
        _ when tokens.Bytes == 0 => null,
        _ => $"{Amount.Of(tokens.AtLeast)} to {Amount.Of(tokens.AtMost)}; from {tokens.Basis}",
    };

    /// <summary>The tokens that were charged, or that nobody says how many.</summary>
    public static string Tokens(RunSnapshot snapshot) =>
        IsLocal(snapshot.Run.Plan) ? "none" : AreReported(snapshot) ? Amount.Of(snapshot.Progress.Tokens) : "not reported";

    private static bool AreReported(RunSnapshot snapshot) => snapshot.Progress.Tokens > 0 || snapshot.Receipt[Writing.RowOutcome.Written] == 0;

    private static bool IsLocal(RunPlan plan) => plan.Provider == LocalEmbeddings.ProviderName;

    private static string Money(ModelPrice price, long tokens) => Amount.Money(price.Of(tokens), price.Currency);
}
