using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Rows;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>A search by meaning in words: where the text goes, and what that costs.</summary>
public static class MeaningWords
{
    /// <summary>What is to be known before a text is typed.</summary>
    public static string Notice(Target target, MeaningTerms? terms)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (terms is null)
            return "The settings name no usable provider, so no text can be embedded.";
        var where = terms.SendsTextAway ? $"The text is sent to {terms.MadeBy.Host}, to be embedded by {terms.MadeBy.Model}." : $"The text is embedded in this process by {terms.MadeBy.Model}, and sent nowhere.";
        var price = !terms.SendsTextAway ? ""
            : terms.Price is { } known ? $" {Amount.Money(known.Of(1_000_000), known.Currency)} for a million tokens, by the price of {known.AsOf:yyyy-MM-dd}."
            : " The settings have no price for it.";
        return $"Finds the rows of {target.Table.Name} whose vectors are nearest to a text of yours. {where}{price} At most {Amount.Of(MeaningSearch.MostCharacters)} characters. Rows that another model embedded cannot be compared in truth, whatever their distance says.";
    }

    /// <summary>What the search has cost.</summary>
    public static string Cost(MeaningAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer switch
        {
            { MadeBy.Provider: LocalEmbeddings.ProviderName } => "Nothing was sent, and nothing was charged.",
            { Tokens: not > 0 } => $"{answer.MadeBy.Host} reported no tokens.",
            { Tokens: { } tokens, Price: { } price } => $"{Of(tokens)}, {Amount.Money(price.Of(tokens), price.Currency)}.",
            { Tokens: var tokens } => $"{Of(tokens ?? 0)}; unpriced.",
        };
    }

    private static string Of(long tokens) => $"{Amount.Of(tokens)} {(tokens == 1 ? "token" : "tokens")}";
}
