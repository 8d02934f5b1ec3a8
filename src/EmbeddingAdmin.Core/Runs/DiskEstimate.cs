using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Runs;

/// <summary>The room that a run's vectors will take. How much there is cannot be seen from within the database.</summary>
/// <param name="Rows">The rows that get a vector; null when they were not counted.</param>
/// <param name="VectorBytes">What one vector takes.</param>
/// <param name="Database">The size of the database now, in bytes.</param>
/// <param name="Hosted">Whether the project is one of Supabase's cloud.</param>
public sealed record DiskEstimate(long? Rows, int VectorBytes, long Database, bool Hosted)
{
    /// <summary>What a vector takes beside itself: its place in an index, the versions that it replaces, the log.</summary>
    private const double Overhead = 2.2;

    /// <summary>The size above which a project without a plan is made read-only.</summary>
    private const long FreeProject = 500L * 1024 * 1024;

    /// <summary>The bytes that will be taken; null when the rows were not counted.</summary>
    public long? Needs => Rows is { } rows ? (long)(rows * (double)VectorBytes * Overhead) : null;

    /// <summary>Whether it would lift a hosted project over the size at which a free one is made read-only.</summary>
    public bool PassesFreeProject => Hosted && Database <= FreeProject && Database + Needs > FreeProject;

    /// <summary><see cref="ErrorCodes.DatabaseFull"/> when the disk may not be large enough, else null.</summary>
    public string? Code => PassesFreeProject ? ErrorCodes.DatabaseFull : null;

    /// <summary>The estimate in words, with what happens should the disk be full.</summary>
    public string Sentence =>
        (Needs is { } needs
            ? $"The vectors will take about {Room.Words(needs)} ({Rows:N0} × {VectorBytes:N0} bytes, and as much again and more for indexes, replaced versions and the log); the database has {Room.Words(Database)} now, and would have {Room.Words(Database + needs)}."
            : $"A vector takes about {Room.Words((long)(VectorBytes * Overhead))} with indexes, replaced versions and the log; the rows were not counted. The database has {Room.Words(Database)} now.")
        + (PassesFreeProject ? $" A free project is made read-only at {Room.Words(FreeProject)}, which this would pass: make room or choose a larger disk first." : "")
        + " How much room the disk has cannot be seen from here. Should it be full, the run is paused, what was written stays, and it goes on when there is room.";

    /// <summary>Whether a host is one of Supabase's cloud.</summary>
    internal static bool IsHosted(DatabaseConnection connection) =>
        connection.Host.EndsWith(".supabase.co", StringComparison.OrdinalIgnoreCase) || connection.Host.EndsWith(".supabase.com", StringComparison.OrdinalIgnoreCase);

    internal static DiskEstimate Of(Target target, long? rows, long database, DatabaseConnection connection) => new(rows, target.VectorBytes, database, IsHosted(connection));
}
