using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Web.Components;
using Npgsql;

namespace EmbeddingAdmin.Web.Access;

/// <summary>What a page knows of one table's matrix: the last answers, whether new ones are on their way, and what kept them from coming.</summary>
public sealed class TableAccess(AccessProbe probe, EmbeddingTable table)
{
    /// <summary>The configured table.</summary>
    public EmbeddingTable Table => table;

    /// <summary>The last answers, whoever asked for them; null before the first.</summary>
    public AccessMatrix? Matrix { get; private set; } = probe.Latest(table.Name);

    /// <summary>What kept the last measurement from being one; the old answers stay.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>Whether a measurement is under way.</summary>
    public bool Measuring { get; private set; }

    /// <summary>Measures, unless that is going on already.</summary>
    public async Task MeasureAsync(AccessTry how, CancellationToken left)
    {
        if (Measuring)
            return;
        (Measuring, Fault) = (true, null);
        try
        {
            Matrix = await probe.MeasureAsync(table, how, left);
        }
        catch (Exception exception) when (exception is EmbeddingAdminException or NpgsqlException)
        {
            Fault = Fault.Of(exception);
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            // The page was left.
        }
        finally
        {
            Measuring = false;
        }
    }
}
