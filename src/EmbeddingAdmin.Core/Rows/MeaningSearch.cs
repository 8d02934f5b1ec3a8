using System.Text;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Rows;

/// <summary>What a search by meaning comes to before anything is sent.</summary>
/// <param name="MadeBy">What embeds the typed text: the table's own provider.</param>
/// <param name="SendsTextAway">Whether the text leaves this process.</param>
/// <param name="Price">What its tokens cost; null when the settings have no price.</param>
public sealed record MeaningTerms(EmbeddingModel MadeBy, bool SendsTextAway, ModelPrice? Price);

/// <summary>What a search by meaning found.</summary>
/// <param name="MadeBy">What embedded the typed text.</param>
/// <param name="Tokens">Tokens that the provider charged; null when it did not say.</param>
/// <param name="Price">What they cost; null when the settings have no price.</param>
/// <param name="Nearest">The rows.</param>
public sealed record MeaningAnswer(EmbeddingModel MadeBy, long? Tokens, ModelPrice? Price, NearestRows Nearest);

/// <summary>Finds the rows whose vectors are nearest to a text that somebody types, as the app does for whoever searches there.</summary>
public sealed class MeaningSearch(ProviderSource providers, Neighbours neighbours, PriceList prices, EventLog events, TimeProvider clock)
{
    /// <summary>Characters that a typed text may have.</summary>
    public const int MostCharacters = 2_000;

    /// <summary>Where the text of a search would go, and at what price.</summary>
    /// <exception cref="ProviderFault">The settings name no usable provider.</exception>
    public MeaningTerms Terms(Target target)
    {
        var provider = providers.For(target);
        return new(provider.Model, provider.SendsTextAway, prices.Find(provider.Model));
    }

    /// <summary>Embeds the text and looks for the nearest rows. That somebody searched is recorded, and never what for.</summary>
    /// <param name="target">The table.</param>
    /// <param name="typed">What was typed, 1 to <see cref="MostCharacters"/> characters that are not all blank.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancel">Ends the request and the search.</param>
    /// <exception cref="EmbeddingAdminException">
    /// <see cref="ErrorCodes.TextTooLong"/>, <see cref="ErrorCodes.DimensionsDiffer"/>, or that the role may not read the table.
    /// </exception>
    /// <exception cref="ProviderFault">The provider failed, or its vector is none to compare with.</exception>
    public async Task<MeaningAnswer> SearchAsync(Target target, string typed, Actor actor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentException.ThrowIfNullOrWhiteSpace(typed);
        ArgumentNullException.ThrowIfNull(actor);
        var provider = providers.ToFill(target);
        var most = Math.Min(provider.Limits.MaxTextBytes, provider.Limits.MaxBytes);
        if (typed.Length > MostCharacters || Encoding.UTF8.GetByteCount(typed) > most)
            throw new EmbeddingAdminException(ErrorCodes.TextTooLong, $"A text to search by has at most {MostCharacters:N0} characters and {most:N0} bytes. Nothing was sent, and nothing was searched. Shorten it.");
        await events.RecordAsync(actor, null, "meaning.searched", $"{actor.Name} had a text of {typed.Length:N0} characters embedded by {provider.Model.Model} at {provider.Model.Host}, to search {target.Table.Name} by its meaning.", cancel);
        var made = await new EmbeddingCall(provider.Generator, clock).EmbedAsync([typed], token: cancel);
        if (VectorCheck.Refusal(made[0].Vector.Span, target.Dimensions) is { } refusal)
            throw new ProviderFault(ProviderFaultKind.BadAnswer, refusal.Code, refusal.Sentence);
        return new(provider.Model, made.Usage?.TotalTokenCount, prices.Find(provider.Model), await neighbours.FindAsync(target, made[0].Vector, cancel));
    }
}
