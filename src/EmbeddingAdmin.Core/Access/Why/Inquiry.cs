using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access.Why;

/// <summary>Everything that was read and measured to answer for one identity and one row, at one moment.</summary>
internal sealed record Inquiry
{
    /// <summary>The table as it is configured.</summary>
    public required EmbeddingTable Table { get; init; }

    /// <summary>For whom.</summary>
    public required Identity Who { get; init; }

    /// <summary>How it was to be tried.</summary>
    public required AccessTry How { get; init; }

    /// <summary>The server and the session.</summary>
    public required ServerState Server { get; init; }

    /// <summary>What the catalog says of the relation; null when there is none.</summary>
    public WriteFacts? Facts { get; init; }

    /// <summary>The relation's columns; null when there is no relation, or no pgvector.</summary>
    public TableFacts? Columns { get; init; }

    /// <summary>The table as it was tried: as if it could be written where it cannot. Null when it could not even be tried.</summary>
    public Target? Target { get; init; }

    /// <summary>Why this program cannot use the table as it is configured; null when it can.</summary>
    public EmbeddingAdminException? Unusable { get; init; }

    /// <summary>The role behind the identity; null when it is not there, or nothing is.</summary>
    public RoleFacts? Role { get; init; }

    /// <summary>What the catalog says of signed-in users, where the identity is an outsider to the row.</summary>
    public RoleFacts? SignedIn { get; init; }

    /// <summary>What the trial by SQL came to, with the role behind a key where the identity comes over the API.</summary>
    public SqlTrace Trace { get; init; } = new([]);

    /// <summary>The answers of the identity itself.</summary>
    public IReadOnlyList<AccessCell> Measured { get; init; } = [];

    /// <summary>What the policies say of the row; null where row-level security does not hold for the role.</summary>
    public PolicyReport? Policies { get; init; }

    /// <summary>The table's name in a sentence.</summary>
    public string Name => $"{Table.Schema}.{Table.Table}";

    /// <summary>The relation in a statement.</summary>
    public SqlName Relation => SqlName.Of(Table.Schema, Table.Table);

    /// <summary>The identity at the beginning of a sentence.</summary>
    public string Whoever => AccessAnswers.Name(Who, RoleName);

    /// <summary>The role's name.</summary>
    public string RoleName => Role?.Name ?? Who.Role ?? "";

    /// <summary>Whether the identity itself was measured, and not only the role behind its key.</summary>
    public bool IsMeasured => Measured.Any(cell => cell.Answer != AccessAnswer.NotMeasured);

    /// <summary>What tells whether it writes: the answers of the identity, or of the role behind its key where only that could be tried.</summary>
    public IReadOnlyList<AccessCell> Answers => IsMeasured ? Measured : Trace.Cells;

    /// <summary>Whether the write was seen to happen.</summary>
    public bool Works => Answers.Count > 0 && Answers.All(cell => cell.Answer == AccessAnswer.Yes);

    /// <summary>The SQLSTATE of what the trial by SQL was refused with; null when it was not.</summary>
    public string? State => Trace.Refusal?.SqlState;

    /// <summary>What the trial was refused with, in words that quote no row.</summary>
    public string Refused => Trace.Refusal is { } refused ? $"{refused.SqlState}{DatabaseFaults.Words(refused)}" : "";

    /// <summary>Whether the identity is somebody who should not write: that it cannot is as it should be.</summary>
    public bool IsOutsider => Who.Kind is IdentityKind.Anon or IdentityKind.Stranger;
}

/// <summary>The state of the server and of the session, as far as a write depends on it.</summary>
/// <param name="Version">The version as the server spells it.</param>
/// <param name="Role">The connection's role.</param>
/// <param name="Database">The database.</param>
/// <param name="InRecovery">Whether it is a standby.</param>
/// <param name="ReadOnly">Whether transactions are read-only.</param>
/// <param name="ReadOnlyBy">Where that is set, in the words of <c>pg_settings.source</c>.</param>
/// <param name="AuthUid">Whether Supabase's function <c>auth.uid()</c> is there and signed-in users may ask it.</param>
internal sealed record ServerState(string Version, string Role, string Database, bool InRecovery, bool ReadOnly, string ReadOnlyBy, bool AuthUid);
