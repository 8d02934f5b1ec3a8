using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace EmbeddingAdmin.Core.Tests.Providers;

/// <summary>Hears everything that libraries tell by events and activities, at their most talkative, as an operator's collector might.</summary>
internal sealed class Eavesdropper : EventListener
{
    private readonly ActivityListener _activities;

    public Eavesdropper()
    {
        _activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => Heard.Enqueue($"{activity.OperationName} {string.Join(' ', activity.TagObjects)}"),
        };
        ActivitySource.AddActivityListener(_activities);
    }

    /// <summary>What was told so far.</summary>
    public ConcurrentQueue<string> Heard { get; } = [];

    public override void Dispose()
    {
        _activities.Dispose();
        base.Dispose();
    }

    // The runtime's own tell of threads and memory; the private ones are for those who mend .NET, and are the wire itself.
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name.StartsWith("System.Net.Http", StringComparison.Ordinal) || eventSource.Name.Contains("ClientModel", StringComparison.Ordinal)
            || eventSource.Name.Contains("OpenAI", StringComparison.OrdinalIgnoreCase) || eventSource.Name.StartsWith("Microsoft-Extensions", StringComparison.Ordinal))
            EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class calls this before the constructor has run.
        Heard?.Enqueue($"{eventData.EventSource.Name} {eventData.EventName} {string.Join(' ', eventData.Payload ?? [])}");
    }
}
