using Npgsql;

namespace EmbeddingAdmin;

/// <summary>
/// Holds this process back from a database that refused it. A refusal is noted by whoever meets it; from then on no password leaves the process and
/// nothing asks by itself, until a try that an operator asked for succeeds. Servers and poolers shut out whoever keeps trying.
/// </summary>
public sealed class DatabaseBrake
{
    private readonly Lock _gate = new();
    private readonly AsyncLocal<bool> _trying = new();
    private TaskCompletionSource _on = New();
    private TaskCompletionSource _off = Done();
    private PostgresException? _refusal;

    /// <summary>What the database refused with; null while the brake is off.</summary>
    public PostgresException? Refusal
    {
        get
        {
            lock (_gate)
                return _refusal;
        }
    }

    /// <summary>Puts the brake on if this is a refusal. Whoever catches a fault of the database in something that goes on by itself says so here.</summary>
    /// <returns>Whether it is one.</returns>
    public bool Note(Exception fault)
    {
        if (DatabaseFaults.RefusalIn(fault) is not { } refusal)
            return false;
        lock (_gate)
        {
            if (_refusal is null)
            {
                _refusal = refusal;
                _off = New();
                _on.SetResult();
            }
        }

        return true;
    }

    /// <summary>Ends when the brake is off: at once, as a rule.</summary>
    public Task UntilOffAsync(CancellationToken cancel)
    {
        lock (_gate)
            return _off.Task.WaitAsync(cancel);
    }

    /// <summary>Ends when the brake is on.</summary>
    public Task UntilOnAsync(CancellationToken cancel)
    {
        lock (_gate)
            return _on.Task.WaitAsync(cancel);
    }

    /// <summary>Tries on an operator's word: this one gets the password though the brake is on. If it comes through, the brake is off.</summary>
    public async Task<T> TryAsync<T>(Func<Task<T>> ask)
    {
        ArgumentNullException.ThrowIfNull(ask);
        _trying.Value = true;
        try
        {
            var answer = await ask();
            Release();
            return answer;
        }
        catch (Exception fault)
        {
            Note(fault);
            throw;
        }
        finally
        {
            _trying.Value = false;
        }
    }

    /// <summary>The password for a new connection.</summary>
    /// <exception cref="PasswordHeldException">The brake is on.</exception>
    internal string Pass(string password) => Refusal is { } refusal && !_trying.Value ? throw new PasswordHeldException(refusal) : password;

    private void Release()
    {
        lock (_gate)
        {
            if (_refusal is null)
                return;
            _refusal = null;
            _on = New();
            _off.SetResult();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Done()
    {
        var done = New();
        done.SetResult();
        return done;
    }
}

/// <summary>The database was not asked, because it refused before; that refusal is the inner exception.</summary>
public sealed class PasswordHeldException(PostgresException refusal) : Exception("The database refused this program before. It was not asked again.", refusal)
{
    /// <summary>What it refused with.</summary>
    public PostgresException Refusal { get; } = refusal;
}
