namespace EmbeddingAdmin.Access.Api;

/// <summary>What an answer of the API comes to.</summary>
public enum ApiVerdict
{
    /// <summary>It counts the rows that were changed.</summary>
    Changed,
    /// <summary>It holds rows, not necessarily all.</summary>
    Read,
    /// <summary>It names no row and no fault: the silence that the scripts took for success.</summary>
    Nothing,
    /// <summary>A success that does not say what became of rows.</summary>
    Untold,
    /// <summary>What was asked for was not followed, so that the success proves nothing.</summary>
    PreferenceIgnored,
    /// <summary>More rows were meant than one.</summary>
    TooMany,
    /// <summary>The role lacks a grant.</summary>
    NoGrant,
    /// <summary>A policy refuses the row, with an error.</summary>
    RefusedByPolicy,
    /// <summary>The database answers with an error of another kind, a constraint's or a trigger's.</summary>
    DatabaseError,
    /// <summary>The vector does not fit the column.</summary>
    VectorRefused,
    /// <summary>The API knows no such column.</summary>
    UnknownColumn,
    /// <summary>The API knows no such table.</summary>
    UnknownTable,
    /// <summary>The API does not offer the schema.</summary>
    SchemaNotExposed,
    /// <summary>The API does not take requests of this kind.</summary>
    RequestRefused,
    /// <summary>The key is refused.</summary>
    KeyRefused,
    /// <summary>The key did not arrive.</summary>
    KeyMissing,
    /// <summary>The server has nothing to check keys with.</summary>
    ServerWithoutSecret,
    /// <summary>The statement took too long and was rolled back.</summary>
    TimedOut,
    /// <summary>Others are in the way: locks, load, connections.</summary>
    Busy,
    /// <summary>The database takes no writes.</summary>
    ReadOnly,
    /// <summary>The database's disk is full.</summary>
    Full,
    /// <summary>The API has no connection to its database.</summary>
    DatabaseAway,
    /// <summary>Supabase holds the project: it is paused, or restricted.</summary>
    ProjectHeld,
    /// <summary>Something before the API answers that it does not come up, or none came in time.</summary>
    Away,
    /// <summary>The address points elsewhere, which is not followed.</summary>
    Redirected,
    /// <summary>What answers is not Supabase's API.</summary>
    NotTheApi,
    /// <summary>The API failed inside.</summary>
    Failed,
}
