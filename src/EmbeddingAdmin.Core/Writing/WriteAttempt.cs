using Npgsql;

namespace EmbeddingAdmin.Writing;

/// <summary>
/// How a page is tried at the moment. A number in the ledger means one set of rows: while it is not known whether a commit came through, the
/// same rows are tried again under it and no others.
/// </summary>
internal sealed class WriteAttempt
{
    private const int LockTries = 3;
    private const int Tries = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly WriteBatch _page;
    private bool _onlyFree;
    private int _locks;
    private int _failures;

    /// <param name="page">What is to be written.</param>
    public WriteAttempt(WriteBatch page) => (_page, Batch, _onlyFree) = (page, page, page.OnlyFree);

    /// <summary>The rows that are tried: the whole page, or those of a commit in doubt.</summary>
    public WriteBatch Batch { get; private set; }

    /// <summary>Whether only the rows are written that nobody else has locked. Those of a commit in doubt are waited for: it may be that commit that holds them.</summary>
    public bool OnlyFree => _onlyFree && !InDoubt;

    /// <summary>Whether a row that is refused is looked for.</summary>
    public bool Careful { get; private set; }

    /// <summary>Whether the statement in hand is the one that locks.</summary>
    public bool Locking { get; set; }

    private bool InDoubt { get; set; }

    /// <summary>The locks are held, and the ledger does not know the page: whoever may still have been committing it is gone.</summary>
    public void NothingCommitted() => (Batch, InDoubt) = (_page, false);

    /// <summary>The commit of these rows is sent.</summary>
    public void Commits(WriteBatch rows) => (Batch, InDoubt) = (rows, true);

    /// <summary>What a failure means: null to try again after <see cref="Pause"/>, or the page's end for now.</summary>
    /// <exception cref="NpgsqlException">The failure itself, when trying again helps nothing.</exception>
    public Applied? After(NpgsqlException fault)
    {
        // The server's own refusal of a commit is a rollback; only a line that broke leaves it open.
        if (fault is PostgresException { SqlState: var said } && !said.StartsWith("08", StringComparison.Ordinal) && !said.StartsWith("57P", StringComparison.Ordinal))
            NothingCommitted();
        if (fault is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } && !InDoubt)
            return Applied.Nothing(Hindrance.TooSlow);
        if (fault is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected } && !InDoubt)
        {
            if (_onlyFree)
                return Applied.Nothing(Locking ? Hindrance.TableLocked : Hindrance.Busy);
            _onlyFree = ++_locks >= LockTries;
            return null;
        }

        if (RowFault.Is(fault) && !Careful)
        {
            Careful = true;
            return null;
        }

        if (++_failures >= Tries || DatabaseFaults.IsForSomebody(fault) || !(fault.IsTransient || (fault is PostgresException refused && RowFault.IsOurs(refused))))
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
        return null;
    }

    /// <summary>How long to wait before the next try: longer each time, and never twice the same.</summary>
    /// <param name="jitter">A number from 0 to below 1.</param>
    public TimeSpan Pause(double jitter) => FirstPause * Math.Pow(2, _failures + _locks) * (0.5 + (jitter / 2));
}
