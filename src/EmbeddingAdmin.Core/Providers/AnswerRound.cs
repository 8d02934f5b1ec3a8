namespace EmbeddingAdmin.Providers;

/// <summary>Answers that are measured together.</summary>
internal sealed class AnswerRound(long since)
{
    /// <summary>When the first of them could come.</summary>
    public long Since => since;

    /// <summary>How many they are.</summary>
    public int Answers { get; private set; }

    /// <summary>The bytes that they brought vectors of.</summary>
    public long Bytes { get; private set; }

    /// <summary>What they took, added up.</summary>
    public double Seconds { get; private set; }

    /// <summary>Counts one.</summary>
    public void Add(long bytes, double seconds) => (Answers, Bytes, Seconds) = (Answers + 1, Bytes + bytes, Seconds + seconds);
}
