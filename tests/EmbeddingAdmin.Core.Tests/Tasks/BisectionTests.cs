using EmbeddingAdmin.Core.Tests.Providers;
using EmbeddingAdmin.Providers;
using EmbeddingAdmin.Tasks;

namespace EmbeddingAdmin.Core.Tests.Tasks;

/// <summary>Requests that get no answer: it may be the provider, and it may be a text.</summary>
public sealed class BisectionTests
{
    private static readonly ProviderFault Silent = new(ProviderFaultKind.Transient, ErrorCodes.ProviderTimeout, "It did not answer within 60 s.");
    private static readonly ProviderFault Inside = new(ProviderFaultKind.Transient, ErrorCodes.ProviderFailed, "It failed (500).") { HttpStatus = 500 };

    private readonly Simulation _simulation = new();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(50, 1)]
    [InlineData(50, 25)]
    [InlineData(50, 50)]
    public void A_text_that_the_server_never_answers_for_is_parked_and_the_others_are_taken(int rows, int culprit)
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = texts => texts.Contains($"text {culprit}") ? Silent : null;

        var answers = Embed(provider, rows);

        Assert.Equal([$"{culprit}"], answers.Refused.Select(row => row.Key));
        Assert.Equal(rows - 1, answers.Vectors.Count);
        // Four tries; two for each halving; the second one alone.
        Assert.InRange(provider.Came.Count, 5, 4 + (2 * Math.Ceiling(Math.Log2(rows))) + 1);
        // It answered the sentences: nobody took it for gone.
        Assert.InRange(_simulation.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Two_such_texts_in_both_halves_are_found_too()
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = texts => texts.Contains("text 3") || texts.Contains("text 40") ? Silent : null;

        Assert.Equal(["3", "40"], Embed(provider, 50).Refused.Select(row => row.Key));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(50, false)]
    [InlineData(1, true)]
    [InlineData(50, true)]
    public void An_outage_is_nobody_s_and_no_text_is_sent_until_it_is_over(int rows, bool inside)
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = _ => _simulation.Elapsed < TimeSpan.FromHours(1) ? inside ? Inside : Silent : null;

        var answers = Embed(provider, rows);

        Assert.Empty(answers.Refused);
        Assert.Equal(rows, answers.Vectors.Count);
        Assert.InRange(_simulation.Elapsed, TimeSpan.FromHours(1), TimeSpan.FromMinutes(66));
        Assert.InRange(provider.Probes, 2, 20 + EmbeddingCall.Tries);
        Assert.InRange(provider.Came.Count(came => came < provider.Came[0].AddHours(1)), 1, ProviderBreaker.Trips);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(15)]
    [InlineData(17)]
    [InlineData(20)]
    public void A_provider_that_comes_and_goes_charges_no_row(double well)
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        // Well for so short that single rows fall into the next outage: what was answered before is no proof.
        provider.Fails = _ => _simulation.Elapsed.TotalSeconds % 97 < 97 - well ? Silent : null;

        var answers = Embed(provider, 50);

        Assert.Empty(answers.Refused);
        Assert.Equal(50, answers.Vectors.Count);
    }

    [Fact]
    public void A_row_that_falls_into_one_outage_after_the_other_is_not_charged()
    {
        var (tries, asked) = (0, 0);
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = texts => texts.SequenceEqual(ProviderProbe.Sentences)
            // Three in the first outage, two that are well, and two in the next: it began just when the row was sent alone.
            ? ++asked is 4 or 5 or > 7 ? null : Silent
            : ++tries <= EmbeddingCall.Tries + 1 ? Silent : null;

        var answers = Embed(provider, 1);

        Assert.Empty(answers.Refused);
        Assert.Equal((1, EmbeddingCall.Tries + 2), (answers.Vectors.Count, tries));
    }

    [Fact]
    public void A_provider_that_answers_nothing_and_refuses_the_sentences_is_the_run_s_to_hold()
    {
        using var provider = new SimulatedProvider(_simulation.Clock);
        provider.Fails = texts => texts.SequenceEqual(ProviderProbe.Sentences) ? new(ProviderFaultKind.BadText, ErrorCodes.TextRefused, "Not so.") : Silent;

        Assert.Same(Silent, Assert.Throws<ProviderFault>(() => Embed(provider, 50)));
    }

    private PageAnswers Embed(SimulatedProvider provider, int rows)
    {
        using var traffic = new ProviderTraffic(new("openai", "api.example.com", "a-model", 1), new EmbeddingOptions(), _simulation.Clock);
        var bisection = new Bisection(new EmbeddingCall(provider, _simulation.Clock, () => 0.5, traffic), _ => { }, _ => { }, TestContext.Current.CancellationToken);
        _simulation.Run(() => bisection.EmbedAsync([.. Enumerable.Range(1, rows).Select(row => new SourceRow($"{row}", $"text {row}", []))]));
        return bisection.Answers;
    }
}
