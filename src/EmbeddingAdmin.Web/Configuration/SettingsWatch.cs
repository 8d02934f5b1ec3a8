using EmbeddingAdmin.Access;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Primitives;

namespace EmbeddingAdmin.Web.Configuration;

/// <summary>
/// Watches the files of settings while the program runs. Of one that changes the keys are taken, by the rules of <see cref="KeyRing"/>; whatever else
/// changes counts from the next start on. A file that cannot be read, or is gone, takes nothing away.
/// </summary>
internal sealed class SettingsWatch : IDisposable
{
    /// <summary>How long a file is left alone before it is read: editors write in several steps.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    private const string Kept = "Nothing of it was taken: what it said before stays in force.";

    private readonly (SettingsLayer Layer, string File)[] _files;
    private readonly List<IDisposable> _watches = [];
    private readonly ITimer _pause;
    private readonly Lock _reading = new();
    private volatile IReadOnlyList<SettingProblem> _notes = [];

    /// <param name="configuration">The settings, in their layers.</param>
    /// <param name="contentRoot">The folder that relative paths start from.</param>
    /// <param name="keys">The keys of the start: they have to be known before anything changes.</param>
    /// <param name="clock">Measures the pause before a file is read.</param>
    public SettingsWatch(IConfiguration configuration, string contentRoot, KeyRing keys, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _files = [.. SettingsLayer.Of(configuration).Select(layer => (layer, layer.FileIn(contentRoot)!)).Where(pair => pair.Item2 is not null)];
        _pause = clock.CreateTimer(_ => Reread(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var (_, file) in _files)
            Watch(file);
    }

    /// <summary>What was changed in the files and is not in force.</summary>
    public IReadOnlyList<SettingProblem> Notes => _notes;

    public void Dispose()
    {
        foreach (var watch in _watches)
            watch.Dispose();
        _pause.Dispose();
    }

    /// <summary>Reads every file again.</summary>
    internal void Reread()
    {
        lock (_reading)
            _notes = [.. _files.Select(pair => Reread(pair.Layer, pair.File)).OfType<SettingProblem>()];
    }

    private static SettingProblem? Reread(SettingsLayer layer, string file)
    {
        var name = Path.GetFileName(file);
        if (!File.Exists(file))
            return layer.Keys.Any() ? new(ErrorCodes.NextStart, name, "The file is gone. What it said stays in force until the next start, which goes without it.") : null;
        try
        {
            var changed = layer.Reread().Where(UnknownSettings.IsKnown).ToList();
            return changed.Count == 0 ? null : new(ErrorCodes.NextStart, name,
                $"{string.Join(", ", changed)} {(changed.Count == 1 ? "was" : "were")} changed. Only keys are taken while the program runs; {(changed.Count == 1 ? "this counts" : "these count")} from the next start on.");
        }
        catch (InvalidDataException broken) when (layer.Inner is DotEnv)
        {
            return new(ErrorCodes.SettingsFile, name, $"{broken.Message} {Kept}");
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // What a reader of JSON says of a broken file quotes it.
            return new(ErrorCodes.SettingsFile, name, $"The file was changed and cannot be read. {Kept} Mend it.");
        }
    }

    /// <summary>
    /// Looks at the file every few seconds, and not by the system's events: those would be asked for every folder below, and do not come for files that
    /// are mounted or replaced behind a link.
    /// </summary>
    private void Watch(string file)
    {
        var folder = Path.GetDirectoryName(file);
        while (folder is not null && !Directory.Exists(folder))
            folder = Path.GetDirectoryName(folder);
        if (folder is null)
            return;
        var files = new PhysicalFileProvider(folder, ExclusionFilters.None) { UsePollingFileWatcher = true, UseActivePolling = true };
        _watches.Add(ChangeToken.OnChange(() => files.Watch(Path.GetRelativePath(folder, file)), () => _pause.Change(Quiet, Timeout.InfiniteTimeSpan)));
        _watches.Add(files);
    }
}
