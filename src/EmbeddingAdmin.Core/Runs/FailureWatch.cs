using EmbeddingAdmin.Writing;

namespace EmbeddingAdmin.Runs;

/// <summary>
/// Stops a run of which more than half of at least 50 rows failed: the cause is then not the rows'. It counts what this attempt dealt with,
/// so that a retry is judged by itself and not by what went before it. Safe for many callers.
/// </summary>
/// <param name="before">What the attempt has dealt with already.</param>
internal sealed class FailureWatch(Receipt before)
{
    private const int LeastRowsToJudge = 50;

    private readonly Lock _gate = new();
    private long _rows = before.Selected;
    private long _failed = before[RowOutcome.Failed];
    private long _tooLong = before[RowOutcome.TooLong];

    /// <summary>Counts rows that were dealt with.</summary>
    /// <param name="rows">All of them.</param>
    /// <param name="failed">Those that failed.</param>
    /// <param name="tooLong">Those whose text is too long, which alone stop no run.</param>
    public void Count(long rows, long failed, long tooLong)
    {
        lock (_gate)
            (_rows, _failed, _tooLong) = (_rows + rows, _failed + failed, _tooLong + tooLong);
    }

    /// <summary>Judges what was counted so far.</summary>
    /// <exception cref="EmbeddingAdminException"><see cref="ErrorCodes.RunTooManyFailures"/>.</exception>
    public void Judge()
    {
        lock (_gate)
        {
            var failed = _failed + _tooLong;
            if (_failed > 0 && _rows >= LeastRowsToJudge && failed * 2 > _rows)
                throw new EmbeddingAdminException(ErrorCodes.RunTooManyFailures, $"{failed} of {_rows} rows failed, which is more than half. The run stopped; the rows and their reasons are listed. Settle the cause and retry.");
        }
    }
}
