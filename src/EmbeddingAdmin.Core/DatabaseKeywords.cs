using System.Data.Common;
using System.Text.RegularExpressions;
using Npgsql;

namespace EmbeddingAdmin;

/// <summary>
/// The words of a connection string: Npgsql's with their synonyms, libpq's, and those that other drivers' addresses carry. Reading names
/// a word that is wrong, and never a value: which of them the password went into nobody knows.
/// </summary>
internal sealed partial class DatabaseKeywords
{
    private const string Like = "Write it like Host=db.example.org;Username=postgres;Password=…;Database=postgres, or like postgresql://postgres:…@db.example.org:5432/postgres.";

    /// <summary>Said to a pooler or another driver; here they would be refused, ignored or wrong.</summary>
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "application_name", "fallback_application_name", "supa", "options", "workaround", "schema", "currentSchema", "connection_limit", "pool_timeout", "pool_mode", "socket_timeout",
        "statement_timeout", "statement_cache_size", "prepareThreshold", "prepared_statements", "preparedStatementCacheQueries", "gssencmode", "target_session_attrs", "keepalives",
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "client_encoding", "uselibpqcompat", "reWriteBatchedInserts",
    };

    private static readonly Dictionary<string, string> Foreign = new(StringComparer.OrdinalIgnoreCase)
    {
        ["user"] = "Username", ["dbname"] = "Database", ["connect_timeout"] = "Timeout", ["sslrootcert"] = "Root Certificate", ["sslcert"] = "SSL Certificate", ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password", ["channel_binding"] = "Channel Binding",
    };

    private static readonly string[] Usual =
        ["Host", "Server", "Port", "Database", "Username", "User Id", "Password", "Pwd", "SSL Mode", "Root Certificate", "Timeout", "Command Timeout", "Pooling", "Maximum Pool Size", "Minimum Pool Size"];

    private readonly List<SettingProblem> _problems = [];
    private bool _pastPassword;

    /// <summary>What the words say, with Npgsql's names.</summary>
    public NpgsqlConnectionStringBuilder Options { get; } = [];

    /// <summary>Whether <c>pgbouncer=true</c> was among them.</summary>
    public bool PgBouncer { get; private set; }

    public IReadOnlyList<SettingProblem> Problems => _problems;

    public static DatabaseKeywords Read(string text)
    {
        var read = new DatabaseKeywords();
        if (DatabaseUrl.Is(text))
            foreach (var (keyword, value) in DatabaseUrl.Read(text, IsKnown))
                read.Take(keyword, value);
        else
            read.TakePairs(text);
        return read;
    }

    private static bool IsKnown(string keyword) =>
        Dropped.Contains(keyword) || Foreign.ContainsKey(keyword) || keyword.ToUpperInvariant() is "PGBOUNCER" or "SSL" || new NpgsqlConnectionStringBuilder().ContainsKey(keyword);

    private void TakePairs(string text)
    {
        try
        {
            var pairs = new DbConnectionStringBuilder { ConnectionString = text };
            foreach (string keyword in pairs.Keys)
                Take(keyword, $"{pairs[keyword]}");
        }
        catch (ArgumentException)
        {
            Refuse($"It cannot be read. {Like} A password with a semicolon or a quote stands in single quotes.");
        }
    }

    private void Take(string keyword, string value)
    {
        switch (keyword.ToUpperInvariant())
        {
            case "PGBOUNCER":
                PgBouncer |= value is "1" || value.Equals("true", StringComparison.OrdinalIgnoreCase);
                break;
            case "SSL":
                Set("SSL Mode", keyword, value.Equals("false", StringComparison.OrdinalIgnoreCase) ? nameof(SslMode.Disable) : nameof(SslMode.Require));
                break;
            case "SSLROOTCERT" when value.Equals("system", StringComparison.OrdinalIgnoreCase):
                Set("SSL Mode", keyword, nameof(SslMode.VerifyFull));
                break;
            case var _ when Dropped.Contains(keyword):
                break;
            default:
                Set(Foreign.GetValueOrDefault(keyword, keyword), keyword, value);
                break;
        }

        _pastPassword |= IsPassword(keyword);
    }

    private void Set(string name, string keyword, string value)
    {
        if (!Options.ContainsKey(name))
        {
            RefuseKeyword(keyword);
            return;
        }

        try
        {
            // libpq writes verify-full what Npgsql writes VerifyFull.
            Options[name] = Dashed().IsMatch(value) && !IsPassword(name) && name.Contains("ssl", StringComparison.OrdinalIgnoreCase) ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (ArgumentException)
        {
            Refuse($"The value of its keyword \"{keyword}\" is none that it can have. Correct it, or leave the keyword out.");
        }
    }

    private void RefuseKeyword(string keyword)
    {
        var near = NearMatch.Misspelt(keyword, Usual);
        // Behind the password a strange word may be a piece of it that a semicolon or an ampersand cut off.
        if (near is null && (_pastPassword || !Word().IsMatch(keyword)))
            Refuse($"It has a part that is no keyword; perhaps the password has a semicolon. {Like} A password with a semicolon or a quote stands in single quotes.");
        else
            Refuse($"It has no keyword \"{keyword}\".{(near is null ? "" : $" Did you mean \"{near}\"?")} {Like}");
    }

    private void Refuse(string sentence) => _problems.Add(new(ErrorCodes.ConnectionString, DatabaseConnection.Setting, sentence));

    private static bool IsPassword(string keyword) => keyword.ToUpperInvariant() is "PASSWORD" or "PWD" or "PSW";

    [GeneratedRegex("^verify-(?:ca|full)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Dashed();

    [GeneratedRegex("^[A-Za-z_ ]{1,30}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Word();
}
