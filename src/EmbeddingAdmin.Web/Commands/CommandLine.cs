using System.CommandLine;

namespace EmbeddingAdmin.Web.Commands;

/// <summary>What was typed: settings apart from verbs and options.</summary>
internal sealed class CommandLine
{
    public const string Description = """
        A dashboard that backfills embeddings into Supabase tables and counts only what it has read back.
        Without a verb it starts the dashboard; with nothing configured, on a local stack of its own. Any setting can be given as --Section:Key value.

        Exit codes: 0 verified or done · 1 finished with failures or not verified · 2 usage or configuration · 3 database or access · 4 provider ·
        5 not finished (paused, cancelled, or another run holds the column) · 70 internal · 130 Ctrl-C (the run is paused).
        """;

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly long _begun;
    private readonly string[] _words;

    public CommandLine(string[] args)
    {
        _begun = _clock.GetTimestamp();
        (SettingWords, _words) = Settings.Split(args);
    }

    /// <summary>The settings, as a configuration takes them.</summary>
    public string[] SettingWords { get; }

    /// <summary>The settings of this process.</summary>
    public Settings Read(IConfigurationManager configuration, string contentRoot) => Settings.Read(configuration, contentRoot, () => _clock.GetElapsedTime(_begun));

    /// <summary>Does what was typed, and returns the exit code.</summary>
    public async Task<int> RunAsync(RootCommand root)
    {
        // An @ in front of a name is a verb's own: --keys @file.
        var parsed = root.Parse(_words, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count == 0)
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        var message = string.Join(' ', parsed.Errors.Select(error => error.Message));
        return new Answer(_words.Contains(Verb.Json.Name, StringComparer.Ordinal))
            .Fail(new Failure(ErrorCodes.Usage, $"{message} Nothing was done. --help shows what there is.", ExitCodes.Usage));
    }
}
