namespace EmbeddingAdmin.Providers;

/// <summary>
/// Bounds what a run may send again: one retry for every five requests, and some in hand. So a provider that fails one request in three is not
/// paid and pressed for hours before anybody hears of it. Safe for many callers.
/// </summary>
internal sealed class RetryBudget
{
    /// <summary>Retries that a run has in hand at its start.</summary>
    public const double AtStart = 20;

    /// <summary>What a request brings.</summary>
    public const double PerRequest = 0.2;

    /// <summary>The most that is saved up.</summary>
    public const double Most = 100;

    private readonly Lock _gate = new();
    private double _left = AtStart;
    private long _requests;
    private long _retries;

    /// <summary>Counts a request that is sent for the first time.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _requests++;
            _left = Math.Min(Most, _left + PerRequest);
        }
    }

    /// <summary>Takes a retry from the budget, for this fault.</summary>
    /// <exception cref="ProviderFault"><see cref="ErrorCodes.RetriesSpent"/>: there is none left.</exception>
    public void Take(ProviderFault fault)
    {
        lock (_gate)
        {
            // Sums of fifths are never quite whole.
            if (_left >= 0.999)
            {
                (_left, _retries) = (_left - 1, _retries + 1);
                return;
            }

            throw new ProviderFault(
                ProviderFaultKind.Unwell, ErrorCodes.RetriesSpent,
                $"{_requests:N0} requests had to be sent again {_retries:N0} times, which is more than is worth it. The last one: {fault.Code}. {fault.Happened}",
                "Resume the run when the provider is well; it then has new retries.");
        }
    }
}
