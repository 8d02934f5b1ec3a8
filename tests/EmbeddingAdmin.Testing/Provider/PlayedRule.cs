namespace EmbeddingAdmin.Testing.Provider;

/// <summary>An answer that is played to certain calls for as long as nobody ends it.</summary>
internal sealed class PlayedRule(string told, ScriptedAnswer answer, Predicate<string>? means, Predicate<int>? counts = null)
{
    private int _calls;

    public string Told => told;

    public ScriptedAnswer Answer => answer;

    public Predicate<string>? Means => means;

    public static PlayedRule Of(Deviation deviation, Occasion occasion)
    {
        var told = $"{deviation.Name}: {occasion}";
        return occasion.When switch
        {
            When.Containing => new(told, deviation.Answer, text => text.Contains(occasion.Words, StringComparison.Ordinal)),
            When.Every => new(told, deviation.Answer, null, call => call % occasion.Number == 0),
            When.After => new(told, deviation.Answer, null, call => call > occasion.Number),
            _ => new(told, deviation.Answer, null),
        };
    }

    public bool Applies(IReadOnlyList<string> texts)
    {
        _calls++;
        return means is null ? counts?.Invoke(_calls) ?? true : texts.Any(text => means(text));
    }
}
