using System.Text.RegularExpressions;

namespace EmbeddingAdmin.Access;

/// <summary>The address of a project's API.</summary>
/// <param name="Root">Without a path of the API's and without a slash at the end, such as <c>https://ref.supabase.co</c>.</param>
/// <param name="Host">The host, with the port where it is not the usual one.</param>
/// <param name="Project">The project's reference; null when it is not one of Supabase's own hosts.</param>
/// <param name="IsLoopback">Whether it is on this machine.</param>
public sealed partial record SupabaseUrl(string Root, string Host, string? Project, bool IsLoopback)
{
    internal const string Setting = $"{SupabaseOptions.Section}:{nameof(SupabaseOptions.Url)}";

    private const string Form = "https://<ref>.supabase.co";

    /// <summary>Whether Supabase hosts the project.</summary>
    public bool IsHosted => Project is not null;

    /// <summary>Reads an address as people paste it.</summary>
    /// <returns>The address, or every fault of it.</returns>
    public static (SupabaseUrl? Url, IReadOnlyList<SettingProblem> Problems) Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bare = SupabaseKey.Bare(text);
        if (Dashboard().Match(bare) is { Success: true } dashboard)
            return Refused(ErrorCodes.NotTheApiUrl, $"This is the address of Supabase's dashboard, not of the project's API. Set {ApiUrl(dashboard.Groups["ref"].Value)}.");
        if (DatabaseUrl.Is(bare))
            return Refused(ErrorCodes.InsecureUrl, $"This is a connection string. Set it as ConnectionStrings:Postgres, and here {Form}.");
        if (!bare.Contains("://", StringComparison.Ordinal) || !Uri.TryCreate(bare, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http") || url.Host.Length == 0)
            return Refused(ErrorCodes.InsecureUrl, $"It is not an address with https:// in front. Set one like {Form}.");
        var path = ApiPath().Replace(url.AbsolutePath, "").TrimEnd('/');
        if (url.UserInfo.Length > 0 || url.Query.Length > 1 || url.Fragment.Length > 1 || Secret().IsMatch(path))
            return Refused(ErrorCodes.SecretInUrl, "It carries a user, a key or a query, and addresses end up in logs. Set the bare address, and keys in Supabase:ServiceKey and Supabase:AnonKey.");
        if (DatabaseHost().Match(url.Host) is { Success: true } database)
            return Refused(ErrorCodes.NotTheApiUrl, $"This is the host of the project's database, not of its API. Set {ApiUrl(database.Groups["ref"].Value)}.");
        if (url.Scheme == "http" && !url.IsLoopback)
            return Refused(ErrorCodes.InsecureUrl, $"It would send keys and texts to {url.Host} unencrypted. Set an https address.");
        var project = HostedHost().Match(url.Host) is { Success: true } hosted ? hosted.Groups["ref"].Value.ToLowerInvariant() : null;
        return (new($"{url.GetLeftPart(UriPartial.Authority)}{path}", url.Authority, project, url.IsLoopback), []);

        static (SupabaseUrl?, IReadOnlyList<SettingProblem>) Refused(string code, string sentence) => (null, [new(code, Setting, sentence)]);
    }

    /// <summary>The page of a table in Supabase's own editor; null where there is none.</summary>
    /// <param name="oid">The table's oid.</param>
    /// <param name="schema">The table's schema.</param>
    public string? TableEditor(uint oid, string schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return Project is null ? null : $"https://supabase.com/dashboard/project/{Project}/editor/{oid}?schema={Uri.EscapeDataString(schema)}";
    }

    private static string ApiUrl(string project) => project.Length > 0 ? $"https://{project.ToLowerInvariant()}.supabase.co" : Form;

    [GeneratedRegex(@"^(?:https?://)?(?:www\.|app\.)?supabase\.(?:com|io)(?:/(?:dashboard/)?project/(?<ref>[a-z0-9]{15,25}))?(?:[/?#].*)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Dashboard();

    [GeneratedRegex(@"^db\.(?<ref>[a-z0-9]+)\.supabase\.(?:co|in|red)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex DatabaseHost();

    [GeneratedRegex(@"^(?<ref>[a-z0-9]+)\.supabase\.(?:co|in|red)$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex HostedHost();

    [GeneratedRegex("/(?:rest|auth|storage|functions|realtime|graphql)/v1/?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ApiPath();

    [GeneratedRegex("sb_|sbp_|eyJ|sk-", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Secret();
}
