using System.ClientModel;
using EmbeddingAdmin.Access;

namespace EmbeddingAdmin.Providers;

/// <summary>The key that requests carry. It is looked up before each of them, so that a new one counts from the next request on.</summary>
internal sealed class ProviderKey
{
    // The SDK wants a key; servers on this machine often have none.
    private const string NoKey = "none";

    private readonly Func<string?> _now;
    private readonly Lock _gate = new();
    private string _last;

    /// <param name="now">The key as it is now.</param>
    public ProviderKey(Func<string?> now)
    {
        _now = now;
        _last = Read();
        Credential = new ApiKeyCredential(_last);
        Scrub = new SecretScrub(_last);
    }

    /// <summary>What the SDK signs with.</summary>
    public ApiKeyCredential Credential { get; }

    /// <summary>Knows every key that was ever sent.</summary>
    public SecretScrub Scrub { get; }

    /// <summary>The fingerprint of the key that the next request carries; null when it carries none.</summary>
    public string? Fingerprint => Read() is var key && key == NoKey ? null : SupabaseKey.Read(key).Fingerprint;

    /// <summary>Takes the key of now.</summary>
    public void Renew()
    {
        lock (_gate)
        {
            if (Read() is var now && now == _last)
                return;
            // Before it is sent: the answer may quote it.
            Scrub.Learn(now);
            Credential.Update(now);
            _last = now;
        }
    }

    private string Read() => OpenAiEmbeddings.TrimKey(_now()) is { Length: > 0 } key ? key : NoKey;
}
