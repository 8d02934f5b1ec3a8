namespace EmbeddingAdmin;

/// <summary>What the terminal commands return to the shell.</summary>
public static class ExitCodes
{
    /// <summary>The run ended and every row was read back.</summary>
    public const int Verified = 0;
    /// <summary>The run ended with rows that failed, or that could not be verified.</summary>
    public const int NotVerified = 1;
    /// <summary>The command line or the configuration is wrong.</summary>
    public const int Usage = 2;
    /// <summary>The database, or the right to use it.</summary>
    public const int Database = 3;
    /// <summary>The embedding provider.</summary>
    public const int Provider = 4;
    /// <summary>The run did not end: it is paused or cancelled, or another run holds the column.</summary>
    public const int NotFinished = 5;
    /// <summary>A fault of the program itself.</summary>
    public const int Internal = 70;
    /// <summary>Ctrl-C; the run is paused.</summary>
    public const int Interrupted = 130;
}
