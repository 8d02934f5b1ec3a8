namespace EmbeddingAdmin.Access;

/// <summary>A row-level security policy.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Command"><c>select</c>, <c>insert</c>, <c>update</c>, <c>delete</c> or <c>all</c>.</param>
/// <param name="Permissive">False for a restrictive one: every one of those must hold.</param>
/// <param name="Roles">The roles that it is for; <c>public</c> is everybody.</param>
/// <param name="Using">The condition on the row as it is; null when there is none. A permissive policy without one lets no row through, and a restrictive one rejects none.</param>
/// <param name="Check">The condition on the row as it would be; null when <see cref="Using"/> stands in for it.</param>
public sealed record PolicyFacts(string Name, string Command, bool Permissive, IReadOnlyList<string> Roles, string? Using, string? Check);

/// <summary>When a trigger comes.</summary>
public enum TriggerTiming
{
    /// <summary>Before the row is changed: it can change the new row, or take it away.</summary>
    Before,

    /// <summary>After the row was changed, in the same statement.</summary>
    After,

    /// <summary>After, and at the commit or when constraints are made immediate.</summary>
    Deferred,

    /// <summary>In place of the change, on a view.</summary>
    InsteadOf,
}

/// <summary>What a trigger is there for, as far as its function tells.</summary>
public enum TriggerPurpose
{
    /// <summary>Nothing that is known.</summary>
    Unknown,

    /// <summary>A database webhook of Supabase: an HTTP request for each row.</summary>
    Webhook,

    /// <summary>Supabase's automatic embeddings: it clears the vector or queues the row to be embedded by somebody else.</summary>
    AutomaticEmbedding,

    /// <summary>It writes the time of the change into a column.</summary>
    Timestamp,
}

/// <summary>An enabled trigger that an update of the vector column fires.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Timing">When it comes.</param>
/// <param name="ForEachRow">False for one that comes once a statement.</param>
/// <param name="Function">Its function, as <c>schema.name</c>.</param>
/// <param name="Definition">The statement that makes it.</param>
/// <param name="Purpose">What it is there for.</param>
/// <param name="Always">Whether it is switched on by ENABLE ALWAYS.</param>
public sealed record TriggerFacts(string Name, TriggerTiming Timing, bool ForEachRow, string Function, string Definition, TriggerPurpose Purpose, bool Always = false);

/// <summary>A rule for updates.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Instead">Whether it replaces the update.</param>
/// <param name="Definition">The statement that makes it.</param>
public sealed record RuleFacts(string Name, bool Instead, string Definition);

/// <summary>An index that an update of the vector has to keep up.</summary>
/// <param name="Name">Its name, quoted and with its schema where that is needed.</param>
/// <param name="Method"><c>hnsw</c>, <c>ivfflat</c> or another.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Definition">The statement that makes it.</param>
public sealed record IndexFacts(string Name, string Method, long Bytes, string Definition);

/// <summary>What stands behind a view.</summary>
/// <param name="SecurityInvoker">Whether the rights and the row-level security of whoever asks count, and not those of the view's owner.</param>
/// <param name="CheckOption"><c>local</c> or <c>cascaded</c>; null when a row may be changed so that it leaves the view.</param>
/// <param name="Tables">The tables that it reads, as <c>schema.name</c>, the one with the vector's column first.</param>
public sealed record ViewFacts(bool SecurityInvoker, string? CheckOption, IReadOnlyList<string> Tables);

/// <summary>What the catalog says of everything that has a say in an update of the vector, at one moment.</summary>
public sealed record WriteFacts
{
    /// <summary>The relation's oid.</summary>
    public required uint Oid { get; init; }

    /// <summary><c>pg_class.relkind</c>; see <see cref="Tables.TableFacts.Kind"/>.</summary>
    public required char Kind { get; init; }

    /// <summary>The relation's owner, for whom row-level security does not hold unless it is forced.</summary>
    public required string Owner { get; init; }

    /// <summary>Whether row-level security is on.</summary>
    public required bool RowSecurity { get; init; }

    /// <summary>Whether it is forced on the owner, too.</summary>
    public required bool Forced { get; init; }

    /// <summary>The table that this is a partition of, as <c>schema.name</c>; null when of none.</summary>
    public required string? PartitionOf { get; init; }

    /// <summary>What stands behind it when it is a view, else null.</summary>
    public ViewFacts? View { get; init; }

    /// <summary>The server that has the rows of a foreign table; null when it is none.</summary>
    public string? ForeignServer { get; init; }

    /// <summary>Whether the vector is a generated column.</summary>
    public required bool Generated { get; init; }

    /// <summary>Whether the vector's column is there.</summary>
    public required bool HasVector { get; init; }

    /// <summary>All policies, whatever they are for.</summary>
    public required IReadOnlyList<PolicyFacts> Policies { get; init; }

    /// <summary>The enabled triggers that an update of the vector fires, in the order in which Postgres fires those of one timing.</summary>
    public required IReadOnlyList<TriggerFacts> Triggers { get; init; }

    /// <summary>The enabled rules for updates.</summary>
    public required IReadOnlyList<RuleFacts> Rules { get; init; }

    /// <summary>The publications that pass on an update of the table, such as <c>supabase_realtime</c>.</summary>
    public required IReadOnlyList<string> Publications { get; init; }

    /// <summary>The indexes on the vector column.</summary>
    public required IReadOnlyList<IndexFacts> VectorIndexes { get; init; }
}
