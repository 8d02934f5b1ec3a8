namespace EmbeddingAdmin.Verification;

/// <summary>The passes of a verification, in their order; their numbers stand in the ledger.</summary>
internal enum VerifyPass
{
    /// <summary>Every row is compared with what is claimed of it.</summary>
    Compare,
    /// <summary>What was found gone, and what was written just before the run began, is looked at again.</summary>
    SecondLook,
    /// <summary>Equal vectors are looked for, by their hashes.</summary>
    EqualVectors,
    /// <summary>A sample is embedded again.</summary>
    Drift,
}

/// <summary>A vector that no run claims, as a verification saw it.</summary>
/// <param name="Key">The row's key as text.</param>
/// <param name="VectorHash">sha256 of its bytes.</param>
/// <param name="TextHash">sha256 of the row's text.</param>
internal sealed record SeenVector(string Key, byte[] VectorHash, byte[] TextHash);

/// <summary>What a run's verification is about, for the statements of all its passes.</summary>
/// <param name="Target">The table.</param>
/// <param name="Run">The run.</param>
/// <param name="MadeFrom">The id of what a vector would be made from now.</param>
internal sealed record VerifyScope(Tables.Target Target, Runs.Run Run, int MadeFrom)
{
    /// <summary>
    /// The condition that the first pass came to row <c>t</c>, which matters only where the run has a limit: the later passes look at nothing that it
    /// has not counted.
    /// </summary>
    /// <param name="run">The parameter that holds the run.</param>
    public string Reached(string run) => Run.Plan.Limit is null ? "true"
        : $"exists (select from embedding_admin.batch b where b.run = {run} and b.pass = {(int)VerifyPass.Compare} and t.{Target.Key} <= b.last_key::{Target.KeyType})";

    /// <summary>When the run's first worker took it, in SQL.</summary>
    /// <param name="run">The parameter that holds the run.</param>
    public static string Began(string run) => $"(select r.started_at from embedding_admin.run r where r.id = {run})";
}
