namespace EmbeddingAdmin.Local;

/// <summary>The Debian archive that this machine's own apt is set up with: what reaches one release reaches the next.</summary>
internal sealed record DebianMirror(string Archive, string? Security)
{
    public const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

    private static readonly string[] Releases = ["bullseye", "bookworm", "trixie", "forky", "sid", "oldstable", "stable", "testing", "unstable"];
    private static readonly string[] SecuritySuites = [.. Releases.Select(release => $"{release}-security"), .. Releases.Select(release => $"{release}/updates")];

    /// <summary>Null: this machine's apt knows no Debian archive.</summary>
    public static DebianMirror? Find(string etcApt = "/etc/apt")
    {
        var files = new[] { Path.Combine(etcApt, "sources.list") }.Where(File.Exists);
        var folder = Path.Combine(etcApt, "sources.list.d");
        if (Directory.Exists(folder)) files = files.Concat(Directory.GetFiles(folder).Order(StringComparer.Ordinal));
        var sources = files.SelectMany(file => Read(file, File.ReadAllText(file))).ToArray();
        var archive = sources.FirstOrDefault(source => Releases.Contains(source.Suite, StringComparer.Ordinal));
        if (archive.Uri is null) return null;
        var security = sources.FirstOrDefault(source => SecuritySuites.Contains(source.Suite, StringComparer.Ordinal));
        return new DebianMirror(archive.Uri, security.Uri);
    }

    internal static IEnumerable<(string Uri, string Suite)> Read(string file, string content) =>
        (file.EndsWith(".sources", StringComparison.Ordinal) ? Deb822(content) : file.EndsWith(".list", StringComparison.Ordinal) ? OneLine(content) : [])
        // Other publishers use Debian's suite names too, but not Debian's path together with Debian's component.
        .Where(source => source.Uri.TrimEnd('/').Split('/')[^1] is "debian" or "debian-security" && !source.Uri.StartsWith("cdrom:", StringComparison.Ordinal));

    private static IEnumerable<(string Uri, string Suite)> OneLine(string content) =>
        from line in content.Split('\n')
        where line.StartsWith("deb ", StringComparison.Ordinal)
        let options = line.IndexOf(']', StringComparison.Ordinal)
        let signedElsewhere = options > 0 && SignedElsewhere(line[..options])
        let words = line[(options < 0 ? 4 : options + 1)..].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
        where words.Length > 2 && words.Skip(2).Contains("main", StringComparer.Ordinal) && !signedElsewhere
        select (words[0], words[1]);

    private static IEnumerable<(string Uri, string Suite)> Deb822(string content)
    {
        foreach (var stanza in content.ReplaceLineEndings("\n").Split("\n\n"))
        {
            var fields = stanza.Split('\n').Where(line => !line.StartsWith('#') && line.Contains(':', StringComparison.Ordinal))
                .Select(line => line.Split(':', 2)).GroupBy(pair => pair[0].Trim(), StringComparer.OrdinalIgnoreCase)
                .ToDictionary(group => group.Key, group => group.First()[1].Trim(), StringComparer.OrdinalIgnoreCase);
            string[] Words(string name) => fields.GetValueOrDefault(name, "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.GetValueOrDefault("Enabled") is "no" || !Words("Types").Contains("deb") || !Words("Components").Contains("main")) continue;
            if (fields.TryGetValue("Signed-By", out var key) && SignedElsewhere($"signed-by={key}")) continue;
            foreach (var uri in Words("URIs"))
                foreach (var suite in Words("Suites")) yield return (uri, suite);
        }
    }

    private static bool SignedElsewhere(string options) =>
        options.Contains("signed-by=/", StringComparison.OrdinalIgnoreCase) && !options.Contains("debian-archive", StringComparison.Ordinal);
}
