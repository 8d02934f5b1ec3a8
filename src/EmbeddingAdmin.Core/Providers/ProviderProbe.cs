using EmbeddingAdmin.Text;
using Microsoft.Extensions.AI;

namespace EmbeddingAdmin.Providers;

/// <summary>
/// Tries a provider with one request of two fixed sentences, so that whatever is wrong with key, model, address or dimensions shows
/// before a row's text is sent. One request and one try: it is asked again by whoever wants to know again.
/// </summary>
public sealed class ProviderProbe(TimeProvider clock)
{
    /// <summary>What is sent; the sentences mean different things, so their vectors must differ.</summary>
    public static IReadOnlyList<string> Sentences { get; } =
    [
        "A lighthouse keeper counts the ships that pass in the fog.",
        "The recipe asks for two ripe tomatoes and a little salt.",
    ];

    /// <summary>How long an answer is waited for: somebody waits for the probe.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Tries the provider; what is wrong is in the report.</summary>
    /// <param name="provider">The provider, made for the column's dimensions.</param>
    /// <param name="cancel">Ends the try.</param>
    /// <exception cref="OperationCanceledException">Only by <paramref name="cancel"/>.</exception>
    public async Task<ProbeReport> ProbeAsync(EmbeddingProvider provider, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var began = clock.GetTimestamp();
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            var made = await provider.Generator.GenerateAsync(Sentences, cancellationToken: either.Token);
            if (provider.Traffic is { } traffic)
                await traffic.AnsweredAsync(cancel);
            return Judge(provider.Model, made, clock.GetElapsedTime(began));
        }
        catch (ProviderFault fault)
        {
            return Refused(provider.Model, fault, clock.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            var silent = new ProviderFault(ProviderFaultKind.Transient, ErrorCodes.ProviderTimeout, $"{provider.Model.Host} did not answer two short sentences within {Patience.TotalSeconds:0} s.");
            return Refused(provider.Model, silent, clock.GetElapsedTime(began));
        }
    }

    private ProbeReport Judge(EmbeddingModel model, GeneratedEmbeddings<Embedding<float>> made, TimeSpan latency)
    {
        var norm = Farther(VectorCheck.Norm(made[0].Vector.Span), VectorCheck.Norm(made[1].Vector.Span));
        var named = made[0].ModelId;
        var report = new ProbeReport { Model = model, At = clock.GetUtcNow(), Latency = latency, AnswersAs = named, Norm = norm, Tokens = made.Usage?.TotalTokenCount };
        return named is { Length: > 0 } && !string.Equals(named, model.Model, StringComparison.Ordinal)
            ? report with { Warnings = [$"The answer names the model {Short(named)}."] }
            : report;
    }

    private ProbeReport Refused(EmbeddingModel model, ProviderFault fault, TimeSpan latency)
    {
        var report = new ProbeReport { Model = model, At = clock.GetUtcNow(), Latency = latency, Code = fault.Code, Happened = fault.Happened, ToDo = fault.ToDo };
        return fault switch
        {
            { Code: ErrorCodes.WrongDimensions } => report with
            {
                Code = ErrorCodes.DimensionsDiffer,
                Happened = $"{model.Model} at {model.Host} does not make what the column takes. {fault.Happened}",
                ToDo = "Choose a model that makes vectors of the column's dimensions, or give the column the model's.",
            },
            { Code: ErrorCodes.SameVectors } => report with
            {
                Happened = $"{model.Model} at {model.Host} made the same vector for two sentences that mean different things.",
                ToDo = "Check what the server at Embeddings:Endpoint really runs: such vectors find nothing.",
            },
            { RetryAfter: { } wait } => report with { ToDo = $"Start again in {Math.Ceiling(wait.TotalSeconds):0} s." },
            { MayHeal: true, ToDo: "" } => report with { ToDo = "Start again in a moment." },
            _ => report,
        };
    }

    private static double Farther(double one, double other) => Math.Abs(one - 1) >= Math.Abs(other - 1) ? one : other;

    // Whatever a server calls its model, it must not fill the page.
    private static string Short(string name) => name.Length <= 100 ? name : $"{name[..100]}…";
}
