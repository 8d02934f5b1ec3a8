using System.Runtime.CompilerServices;
using Npgsql;

namespace EmbeddingAdmin.Web.Components;

/// <summary>
/// Keeps a stream alive over the faults that pass: says that the database does not answer, keeps what was last seen, and opens the stream
/// again every five seconds, unless the database refused us. A fault that nobody foresaw goes through, to the error boundary.
/// </summary>
internal sealed partial class Steady(DatabaseBrake brake, TimeProvider clock, ILogger<Steady> logger)
{
    internal static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    public async IAsyncEnumerable<Seen<T>> WatchAsync<T>(Func<CancellationToken, IAsyncEnumerable<T>> open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var seen = new Seen<T>(false, default, null);
        while (true)
        {
            await using (var values = open(cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                while (await NextAsync(values, seen.Fault) is { } next)
                {
                    seen = next.Fault is null ? next : seen with { Fault = next.Fault };
                    yield return seen;
                    if (seen.Fault is not null)
                        break;
                }
            }
            if (seen.Fault is null)
                yield break;
            await Task.Delay(Wait, clock, cancellationToken);
            await brake.UntilOffAsync(cancellationToken);
        }
    }

    private async Task<Seen<T>?> NextAsync<T>(IAsyncEnumerator<T> values, Fault? before)
    {
        try
        {
            return await values.MoveNextAsync() ? new(true, values.Current, null) : null;
        }
        catch (Exception exception) when (exception is NpgsqlException or EmbeddingAdminException)
        {
            brake.Note(exception);
            var fault = Fault.Of(exception, before?.Correlation ?? Fault.NewCorrelation());
            // One entry per outage, however often it is tried.
            if (fault.Code != before?.Code)
                LogFault(fault.Correlation!, fault.Code, exception);
            return new(false, default, fault);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Correlation} {Code}: a page cannot read what it shows; it is tried again every few seconds")]
    private partial void LogFault(string correlation, string code, Exception exception);
}
