namespace EmbeddingAdmin.Runs;

/// <summary>Shut until our schema is as this program needs it. Whoever works by itself waits here; nothing shuts it again.</summary>
public sealed class SchemaGate
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the gate opens; it never fails.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Opens the gate; once is enough.</summary>
    public void Open() => _opened.TrySetResult();
}
