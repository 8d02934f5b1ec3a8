using Npgsql;

namespace EmbeddingAdmin.Core.Tests.Settings;

public sealed class DatabaseBrakeTests
{
    private static readonly PostgresException Refusal = new("password authentication failed", "FATAL", "FATAL", PostgresErrorCodes.InvalidPassword);

    private readonly DatabaseBrake _brake = new();

    [Fact]
    public async Task A_refusal_holds_everybody_back_until_a_try_comes_through()
    {
        var waiting = _brake.UntilOnAsync(CancellationToken.None);
        Assert.Equal("secret", _brake.Pass("secret"));
        Assert.True(_brake.UntilOffAsync(CancellationToken.None).IsCompletedSuccessfully);

        // However whoever met it wraps it.
        Assert.True(_brake.Note(new InvalidOperationException("", new NpgsqlException("", Refusal))));
        await waiting;
        var held = Assert.Throws<PasswordHeldException>(() => _brake.Pass("secret"));
        var off = _brake.UntilOffAsync(CancellationToken.None);
        Assert.False(off.IsCompleted);
        Assert.Equal(ErrorCodes.DatabaseCredentials, DatabaseFaults.Explain(new NpgsqlException("", held))!.Code);
        Assert.True(DatabaseFaults.IsRefusal(new NpgsqlException("", held)));

        await Assert.ThrowsAsync<PostgresException>(() => _brake.TryAsync<int>(() => throw Refusal));
        Assert.False(off.IsCompleted);
        Assert.Equal("secret", await _brake.TryAsync(async () =>
        {
            await Task.Yield();
            return _brake.Pass("secret");
        }));
        await off;
        Assert.Equal("secret", _brake.Pass("secret"));
    }

    [Fact]
    public async Task Only_the_try_gets_the_password_while_it_goes_on()
    {
        _brake.Note(Refusal);
        var gate = new TaskCompletionSource();
        var trying = _brake.TryAsync(async () =>
        {
            await gate.Task;
            return _brake.Pass("secret");
        });

        Assert.Throws<PasswordHeldException>(() => _brake.Pass("secret"));
        gate.SetResult();
        Assert.Equal("secret", await trying);
    }

    [Fact]
    public void What_passes_by_itself_is_none()
    {
        Assert.False(_brake.Note(new NpgsqlException("", new TimeoutException())));
        Assert.False(_brake.Note(new PostgresException("starting up", "FATAL", "FATAL", PostgresErrorCodes.CannotConnectNow)));
        Assert.Null(_brake.Refusal);
    }
}
