using System.Text;
using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Web.Configuration;

/// <summary>
/// The file <c>.env</c>: <c>KEY=value</c> a line. Nothing is put in the place of <c>$NAME</c>, because passwords have dollars. Of a line that
/// cannot be read only its number is told: what stands there may be a secret.
/// </summary>
internal sealed partial class DotEnv(string path) : ConfigurationProvider
{
    public const string FileName = ".env";

    private readonly List<SettingProblem> _problems = [];

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>What could not be read of it.</summary>
    public IReadOnlyList<SettingProblem> Problems => _problems;

    public override void Load()
    {
        _problems.Clear();
        try
        {
            if (File.Exists(Path))
                Read(File.ReadAllBytes(Path));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            _problems.Add(new(ErrorCodes.SettingsFile, FileName, "The file cannot be read. Let this program's user read it, or take it away."));
        }
    }

    /// <summary>Reads a whole file.</summary>
    internal void Read(ReadOnlySpan<byte> file)
    {
        Data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var text = Encoding.UTF8.GetString(file).TrimStart('\uFEFF');
        var lines = text.Split('\n');
        for (var n = 0; n < lines.Length; n++)
            if (!Take(lines[n].Trim()))
                _problems.Add(new(ErrorCodes.SettingsFile, FileName, $"Line {n + 1} cannot be read. Write KEY=value, a value with quotes or # in single quotes, and a comment behind #."));
    }

    private bool Take(string line)
    {
        if (line.Length == 0 || line[0] == '#')
            return true;
        // What is not UTF-8 would silently become another password.
        if (line.Contains('\uFFFD', StringComparison.Ordinal) || Assignment().Match(line) is not { Success: true } assignment || Value(assignment.Groups["value"].Value) is not { } value)
            return false;
        Data[assignment.Groups["key"].Value.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal)] = value;
        return true;
    }

    /// <summary>The value without quotes and comment; null when it is none.</summary>
    private static string? Value(string text)
    {
        if (text.TrimStart() is ['\'' or '"', ..] quoted)
            return quoted[0] == '\'' ? SingleQuoted(quoted) : DoubleQuoted(quoted);
        var comment = Comment().Match(text);
        return (comment.Success ? text[..comment.Index] : text).Trim();
    }

    private static string? SingleQuoted(string text)
    {
        var end = text.IndexOf('\'', 1);
        return end > 0 && IsRest(text[(end + 1)..]) ? text[1..end] : null;
    }

    private static string? DoubleQuoted(string text)
    {
        var value = new StringBuilder(text.Length);
        for (var n = 1; n < text.Length; n++)
            switch (text[n])
            {
                case '"':
                    return IsRest(text[(n + 1)..]) ? value.ToString() : null;
                case '\\' when n + 1 < text.Length && text[n + 1] is '"' or '\\':
                    value.Append(text[++n]);
                    break;
                default:
                    value.Append(text[n]);
                    break;
            }

        return null;
    }

    private static bool IsRest(string text) => text.Length == 0 || string.IsNullOrWhiteSpace(text) || Comment().Match(text) is { Success: true, Index: 0 };

    [GeneratedRegex(@"^(?:export\s+)?(?<key>[A-Za-z_][A-Za-z0-9_.:-]*)\s*=(?<value>.*)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\s+#", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Comment();
}

/// <summary>The source of <see cref="DotEnv"/>.</summary>
internal sealed class DotEnvSource(string path) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new DotEnv(path);
}
