using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Runs;

namespace EmbeddingAdmin.Verification;

/// <summary>What a report says beside its checks: what was not looked for, and why.</summary>
internal static class VerifyNotes
{
    private const string NotStored = "NaN and ∞ cannot be stored: pgvector refuses them on input, so nothing is scanned for them.";
    private const string Zero = "A zero vector is stored, and no index by cosine ever finds it: its row is missing from such searches without an error.";

    public static IEnumerable<string> Of(Run run, VerifySample? sample)
    {
        yield return NotStored;
        yield return Zero;
        if (run.Plan.Provider == LocalEmbeddings.ProviderName)
            yield return "Equal vectors were not looked for: the local provider makes the same vector of any two texts with the same words.";
        else
            yield return "Vectors of the local provider are left out where equal ones are looked for: it makes the same of any two texts with the same words.";
        yield return Drift(run, sample);
        if (run.Plan.Limit is { } limit)
            yield return $"Only the first {limit:N0} rows by their key were looked at.";
        if (run.Status != RunStatus.Succeeded)
            yield return run.Status.IsActive() ? "The run has not ended: what it found so far is not all." : "The run ended early: it says nothing of the rows that it did not come to.";
    }

    private static string Drift(Run run, VerifySample? sample)
    {
        if (sample is null)
            return "Drift was not looked for: that embeds a sample of the texts again, and nobody asked for one.";
        var tolerance = sample.Tolerance is { } least ? $"a cosine from {least} on counts as the same" : "the vectors have to be the same bit for bit";
        var cost = run.Plan.Provider == LocalEmbeddings.ProviderName ? "which costs nothing"
            : sample is { Cost: { } paid, Currency: { } currency } ? $"for {sample.Tokens:N0} tokens and {paid:0.######} {currency}"
            : $"for {sample.Tokens:N0} tokens without a price";
        return $"Drift: {sample.Compared:N0} of {(sample.Asked == 1 ? "the 1 text" : $"the {sample.Asked:N0} texts")} asked for were embedded again by {run.Plan.Host} ({run.Plan.Model}), {cost}; {tolerance}.";
    }
}
