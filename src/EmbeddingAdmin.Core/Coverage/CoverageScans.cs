using System.Collections.Concurrent;
using System.Threading.Channels;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EmbeddingAdmin.Coverage;

/// <summary>Scans tables for whoever looks at them, in the background of this process: however many pages are open, each table once.</summary>
public sealed class CoverageScans(TableCatalog catalog, CoverageScan scan, SchemaGate schema, DatabaseBrake brake, TimeProvider clock, ILogger<CoverageScans> log) : BackgroundService
{
    private const int AtOnce = 2;

    private static readonly TimeSpan AfterTrouble = TimeSpan.FromMinutes(1);

    private readonly Channel<(EmbeddingTable Table, bool Anew)> _wanted = Channel.CreateUnbounded<(EmbeddingTable, bool)>();
    private readonly ConcurrentDictionary<string, bool> _underWay = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _turns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _troubled = new(StringComparer.Ordinal);

    /// <summary>Asks for a scan of a table, if it is due. Whoever asks while one is under way, or right after one that failed, shares it.</summary>
    public void Want(EmbeddingTable table) => Want(table, anew: false);

    /// <summary>Asks for a scan of a table although the last one is still good.</summary>
    public void WantAnew(EmbeddingTable table) => Want(table, anew: true);

    /// <summary>How often a scan of a table was asked for here or has ended: whoever sees another number looks again.</summary>
    public int Turns(EmbeddingTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return _turns.GetValueOrDefault(table.Name);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await schema.Opened.WaitAsync(stoppingToken);
            await Parallel.ForEachAsync(
                _wanted.Reader.ReadAllAsync(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
                async (wanted, cancel) => await ScanAsync(wanted.Table, wanted.Anew, cancel));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Where it was stands in the database; another instance or the next start goes on from there.
        }
    }

    private void Want(EmbeddingTable table, bool anew)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (!anew && _troubled.TryGetValue(table.Name, out var at) && clock.GetElapsedTime(at) < AfterTrouble)
            return;
        if (!_underWay.TryAdd(table.Name, true))
            return;
        Turn(table);
        _wanted.Writer.TryWrite((table, anew));
    }

    private async Task ScanAsync(EmbeddingTable table, bool anew, CancellationToken cancel)
    {
        try
        {
            await brake.UntilOffAsync(cancel);
            await scan.RunAsync(await catalog.ResolveAsync(table, cancel), ripe: !anew, cancel);
            _troubled.TryRemove(table.Name, out _);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException && !(fault is OperationCanceledException && cancel.IsCancellationRequested))
        {
            brake.Note(fault);
            _troubled[table.Name] = clock.GetTimestamp();
            log.TableNotScanned(table.Name, fault.GetType().Name);
        }
        finally
        {
            _underWay.TryRemove(table.Name, out _);
            Turn(table);
        }
    }

    private void Turn(EmbeddingTable table) => _turns.AddOrUpdate(table.Name, 1, (_, turns) => turns + 1);
}
