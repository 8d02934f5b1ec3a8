using System.Runtime.CompilerServices;
using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Web.Components;
using Npgsql;

namespace EmbeddingAdmin.Web.Connection;

/// <summary>
/// Takes the dashboard from its start to a database with our schema in it: asks the catalog, updates a schema that is there, and makes one
/// only where that is settled already or an operator confirms it. Until then nothing else in this process speaks to the database. A database that
/// refuses us later takes the way back: nothing is asked again before an operator says so.
/// </summary>
internal sealed partial class Readiness(NpgsqlDataSource database, SettingsReport settings, IConfiguration configuration, SchemaGate gate, DatabaseBrake brake, TimeProvider clock, ILogger<Readiness> logger) : BackgroundService
{
    internal static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>How often is looked whether somebody confirmed the schema in another instance.</summary>
    internal static readonly TimeSpan PauseElsewhere = TimeSpan.FromSeconds(5);

    // What starts after this finds the schema there, when the database is quick; when it is not, nothing waits for it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _attempt = new(1);
    private readonly Lock _telling = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReadinessState _state = gate.Opened.IsCompleted ? new ReadinessState.Ready() : new ReadinessState.Connecting();
    private int _attempts;

    /// <summary>How far it is.</summary>
    public ReadinessState State
    {
        get
        {
            lock (_telling)
                return _state;
        }
    }

    /// <summary>Ends when the schema is as this program needs it; it never fails.</summary>
    public Task Applied => gate.Opened;

    /// <summary>The state, now and whenever it changes.</summary>
    public async IAsyncEnumerable<ReadinessState> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (state, changed) = Now();
            yield return state;
            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Tries once more, on an operator's word. Who asks while another's try goes on gets the answer of that.</summary>
    public async Task RetryAsync(CancellationToken cancellationToken)
    {
        var seen = Volatile.Read(ref _attempts);
        await _attempt.WaitAsync(cancellationToken);
        try
        {
            if (seen != _attempts || State is ReadinessState.Ready or ReadinessState.HalfConfigured)
                return;
            Become(new ReadinessState.Connecting());
            await TryAsync(null, cancellationToken);
        }
        finally
        {
            _attempt.Release();
        }
    }

    /// <summary>Makes the schema, on the word of an operator who typed the database's name.</summary>
    /// <exception cref="EmbeddingAdminException">
    /// <see cref="ErrorCodes.SchemaNotConfirmed"/>: another name was typed, or nothing is to be confirmed any more; <see cref="ErrorCodes.Grant"/>: the role may not make it. Nothing was made.
    /// </exception>
    public async Task ConfirmAsync(string typedDatabaseName, Actor actor, CancellationToken cancellationToken)
    {
        await _attempt.WaitAsync(cancellationToken);
        try
        {
            if (State is ReadinessState.Ready)
                return;
            if (State is not ReadinessState.NeedsConfirmation asked)
                throw new EmbeddingAdminException(ErrorCodes.SchemaNotConfirmed, "There is nothing to confirm now: the connection has changed. Nothing was made. Look at what the page shows.");
            if (!string.Equals(typedDatabaseName.Trim(), asked.Database, StringComparison.Ordinal))
                throw new EmbeddingAdminException(ErrorCodes.SchemaNotConfirmed, $"This is not the database's name. Nothing was made. Type {asked.Database} if it is the right one; if it is not, set another connection.");
            if (!asked.RoleMayCreate)
                throw new EmbeddingAdminException(ErrorCodes.Grant, $"The role {asked.Role} may not make a schema. Nothing was made. Grant it the right and try again.");
            await TryAsync(new(actor, asked.Host, asked.Database), cancellationToken);
        }
        finally
        {
            _attempt.Release();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        var tried = Now();
        if (tried.State is ReadinessState.Connecting)
            await Task.WhenAny(tried.Changed, Task.Delay(Patience, clock, cancellationToken));
    }

    public override void Dispose()
    {
        _attempt.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.Connection is null)
        {
            Become(new ReadinessState.HalfConfigured(settings.Project?.Host, settings.ServiceKey is not null));
            return;
        }

        await LookAsync(stoppingToken);
        while (true)
        {
            var (state, changed) = Now();
            switch (state)
            {
                case ReadinessState.Ready:
                    await brake.UntilOnAsync(stoppingToken);
                    if (brake.Refusal is { } refusal)
                        Become(Refused(refusal));
                    break;
                case ReadinessState.Unreachable:
                    await Task.Delay(Pause, clock, stoppingToken);
                    await LookAsync(stoppingToken);
                    break;
                case ReadinessState.NeedsConfirmation:
                    await Task.WhenAny(changed, Task.Delay(PauseElsewhere, clock, stoppingToken));
                    await LookAsync(stoppingToken);
                    break;
                default:
                    await changed.WaitAsync(stoppingToken);
                    break;
            }
        }
    }

    /// <summary>Tries by itself, if that is still allowed when its turn comes.</summary>
    private async Task LookAsync(CancellationToken cancel)
    {
        await _attempt.WaitAsync(cancel);
        try
        {
            if (State is ReadinessState.Connecting or ReadinessState.Unreachable or ReadinessState.NeedsConfirmation)
                await TryAsync(null, cancel);
        }
        finally
        {
            _attempt.Release();
        }
    }

    private async Task TryAsync(SchemaConfirmation? confirmed, CancellationToken cancel)
    {
        ReadinessState answer;
        try
        {
            answer = await AnswerAsync(confirmed, cancel);
        }
        finally
        {
            // Before anybody is told: who hears of this try and asks for another is not to get the answer of this one.
            _attempts++;
        }

        Become(answer);
    }

    private async Task<ReadinessState> AnswerAsync(SchemaConfirmation? confirmed, CancellationToken cancel)
    {
        try
        {
            // What answers then has shown the password of now, and not of an hour ago.
            if (brake.Refusal is not null)
                database.Clear();
            return await brake.TryAsync(() => ApplyAsync(confirmed, cancel));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            if (!MayPass(fault))
                return Refused(fault);
            var shown = Shown(fault);
            if ((State as ReadinessState.Unreachable)?.Fault != shown)
                LogNotYet(shown.Code, shown.WhatHappened, shown.NotDone);
            return new ReadinessState.Unreachable(shown, clock.GetUtcNow());
        }
    }

    private ReadinessState.Refused Refused(Exception fault)
    {
        var shown = Shown(fault);
        LogNotYet(shown.Code, shown.WhatHappened, shown.NotDone);
        return new(shown, clock.GetUtcNow());
    }

    private Fault Shown(Exception fault) => Fault.Of(DatabaseFaults.Explain(fault, settings.Connection) ?? fault);

    private async Task<ReadinessState> ApplyAsync(SchemaConfirmation? confirmed, CancellationToken cancel)
    {
        if (confirmed is null && !SchemaConsent.IsGivenBy(configuration))
        {
            var found = await Migrations.LookAsync(database, cancel);
            if (!found.Exists)
                return new ReadinessState.NeedsConfirmation(settings.Connection!.Host, settings.Connection.Port, found.Database, found.Role, Migrations.Tables, found.RoleMayCreate);
        }

        await Migrations.ApplyAsync(database, confirmed, cancel);
        await RunJobs.RequireRightAsync(database, cancel);
        return new ReadinessState.Ready();
    }

    private static bool MayPass(Exception fault) =>
        fault is NpgsqlException and not PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } && !DatabaseFaults.IsRefusal(fault);

    private (ReadinessState State, Task Changed) Now()
    {
        lock (_telling)
            return (_state, _changed.Task);
    }

    private void Become(ReadinessState state)
    {
        TaskCompletionSource told;
        lock (_telling)
        {
            if (_state == state)
                return;
            _state = state;
            (told, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        if (state is ReadinessState.Ready)
            gate.Open();
        told.SetResult();
    }

    [LoggerMessage(1, LogLevel.Error, "{Code}: {WhatHappened} {NotDone}")]
    private partial void LogNotYet(string code, string whatHappened, string notDone);
}
