using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using EmbeddingAdmin.Writing;
using Npgsql;

namespace EmbeddingAdmin;

/// <summary>How the database is reached, with the options that keep us honest, whatever the connection string says. It shows no password.</summary>
public sealed partial record DatabaseConnection
{
    /// <summary>What the server's list of activities calls our connections; <c>/</c> and a run's number follow while one works.</summary>
    public const string Name = "EmbeddingAdmin";

    internal const string Setting = "ConnectionStrings:Postgres";

    private const int TransactionPort = 6543;

    private readonly NpgsqlConnectionStringBuilder _options;

    private DatabaseConnection(NpgsqlConnectionStringBuilder options, bool pgBouncer)
    {
        _options = options;
        IsLoopback = Host.StartsWith('/') || Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));
        TransactionPooler = pgBouncer || Port == TransactionPort;
    }

    /// <summary>The host name or address; a folder when it is a socket; empty when no database is configured.</summary>
    public string Host => _options.Host ?? "";

    /// <summary>The port.</summary>
    public int Port => _options.Port;

    /// <summary>The database's name.</summary>
    public string Database => _options.Database ?? "";

    /// <summary>The role that signs in, such as <c>postgres.ref</c> on Supabase's shared pooler.</summary>
    public string Username => _options.Username ?? "";

    /// <summary>Whether it is on this machine.</summary>
    public bool IsLoopback { get; }

    /// <summary>Whether the connection is always encrypted.</summary>
    public bool Encrypted => _options.SslMode >= SslMode.Require;

    /// <summary>Whether the server's certificate and name are checked.</summary>
    public bool Verified => _options.SslMode == SslMode.VerifyFull;

    /// <summary>Whether a pooler hands each transaction to another session (port 6543, or <c>pgbouncer=true</c>).</summary>
    public bool TransactionPooler { get; }

    /// <summary>What works and should be known.</summary>
    public IReadOnlyList<SettingProblem> Warnings { get; private init; } = [];

    /// <summary>Whether there is a database to speak to; false for <see cref="None"/> alone.</summary>
    public bool IsConfigured => !ReferenceEquals(this, None);

    /// <summary>Stands for the connection that is not configured yet. Opening it fails at once and asks nobody.</summary>
    public static DatabaseConnection None { get; } = new(new NpgsqlConnectionStringBuilder { Host = "/no-database-is-configured", Username = "nobody", Database = "none", Pooling = false }, pgBouncer: false);

    /// <summary>Reads a connection string.</summary>
    /// <param name="text">As <c>key=value</c>, <c>postgresql://</c> or <c>jdbc:postgresql://</c>.</param>
    /// <param name="rootCertificate">A PEM file that the server's certificate is checked against; null leaves that to the connection string.</param>
    /// <returns>The connection, or every fault of it.</returns>
    public static (DatabaseConnection? Connection, IReadOnlyList<SettingProblem> Problems) Read(string text, string? rootCertificate)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bare = Bare(text);
        var read = DatabaseKeywords.Read(bare);
        var options = read.Options;
        var problems = read.Problems.ToList();
        if (problems.Count == 0)
            problems.AddRange(Missing(options));
        var certificateSetting = string.IsNullOrWhiteSpace(rootCertificate) ? Setting : $"{DatabaseOptions.Section}:{nameof(DatabaseOptions.RootCertificate)}";
        if (!string.IsNullOrWhiteSpace(rootCertificate))
            options.RootCertificate = rootCertificate;
        if (options.RootCertificate is { Length: > 0 } file && WhyUnusable(file) is { } why)
            problems.Add(new(ErrorCodes.RootCertificate, certificateSetting, why));
        if (problems.Count > 0)
            return (null, problems);

        Split(options);
        var asked = options.SslMode;
        var connection = new DatabaseConnection(Forced(options), read.PgBouncer);
        if (!connection.IsLoopback)
            options.SslMode = options.RootCertificate is { Length: > 0 } || asked >= SslMode.VerifyCA ? SslMode.VerifyFull : SslMode.Require;
        return (connection with { Warnings = [.. Trimmed(), .. connection.Remarks(asked)] }, []);

        IEnumerable<SettingProblem> Trimmed() => bare.Length == text.Length ? []
            : [new(ErrorCodes.ValueTrimmed, Setting, "White space, quotes or a byte order mark around the value were left out. Take them away.")];
    }

    /// <summary>A data source of a connection string that is known to be right.</summary>
    /// <exception cref="ArgumentException">The connection string cannot be read; the message says why.</exception>
    public static NpgsqlDataSource Open(string connectionString)
    {
        var (connection, problems) = Read(connectionString, rootCertificate: null);
        return connection?.Open() ?? throw new ArgumentException(string.Join('\n', problems), nameof(connectionString));
    }

    /// <summary>A data source that sends vectors in binary form.</summary>
    /// <param name="brake">Holds the password back once it was refused; null where nothing goes on by itself.</param>
    public NpgsqlDataSource Open(DatabaseBrake? brake = null) => Open(brake, option: null);

    /// <summary>As the other, with an option of the server, which a pooler may refuse; for a single connection.</summary>
    internal NpgsqlDataSource Open(DatabaseBrake? brake, string? option)
    {
        var builder = new NpgsqlDataSourceBuilder(_options.ConnectionString);
        if (option is not null)
            (builder.ConnectionStringBuilder.Options, builder.ConnectionStringBuilder.Pooling) = (option, false);
        builder.AddTypeInfoResolverFactory(new VectorBinary());
        // Asked for each new connection, whoever opens it: nobody gets around the brake.
        if (brake is not null && _options.Password is { Length: > 0 } password)
        {
            builder.ConnectionStringBuilder.Password = null;
            builder.UsePasswordProvider(_ => brake.Pass(password), (_, _) => ValueTask.FromResult(brake.Pass(password)));
        }

        return builder.Build();
    }

    /// <summary>Role, host, port and database; never the password.</summary>
    public override string ToString() => IsConfigured ? $"{Username}@{Host}:{Port}/{Database}" : "no database";

    private static NpgsqlConnectionStringBuilder Forced(NpgsqlConnectionStringBuilder options)
    {
        options.ApplicationName = Name;
        // Poolers close the socket on the probe for it.
        options.GssEncryptionMode = GssEncryptionMode.Disable;
        // Details quote whole rows, and a failed batch its text.
        options.IncludeErrorDetail = false;
        options.IncludeFailedBatchedCommand = false;
        options.PersistSecurityInfo = false;
        // A pooler in transaction mode knows no prepared statements, and keeps no session to reset.
        options.MaxAutoPrepare = 0;
        options.NoResetOnClose = true;
        options.Multiplexing = false;
        // Poolers refuse what is set at the start, or ignore it.
        options.Options = options.SearchPath = options.Timezone = options.ClientEncoding = null;
        return options;
    }

    private static IEnumerable<SettingProblem> Missing(NpgsqlConnectionStringBuilder options)
    {
        if (options.Password is { } password && Placeholder().IsMatch(DatabaseUrl.Decode(password)))
            yield return new(ErrorCodes.PasswordPlaceholder, Setting,
                "The placeholder for the password is still in it. Put the database password in its place: the one of Supabase → Project Settings → Database, where it can also be reset.");
        if (options.Host?.Contains(',', StringComparison.Ordinal) is true)
            yield return new(ErrorCodes.ConnectionString, Setting, "It names several hosts. Name the one that is written to.");
        // 0.0.0.0 and :: are addresses to listen on.
        else if (options.Host is { Length: > 0 } host && (!HostName().IsMatch(host) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))))
            yield return new(ErrorCodes.ConnectionString, Setting, "Its host is no host name. Copy the connection string again, and put placeholders such as <ref> right.");
        (string? Value, string Name)[] needed = [(options.Host, "host"), (options.Username, "user"), (options.Database, "database")];
        foreach (var (_, name) in needed.Where(part => string.IsNullOrWhiteSpace(part.Value)))
            yield return new(ErrorCodes.ConnectionString, Setting, $"It names no {name}. Copy the whole connection string again (in Supabase: Connect → Session pooler).");
        if (options.Port is < 1 or > 65535)
            yield return new(ErrorCodes.ConnectionString, Setting, "Its port is not a number from 1 to 65535. Set 5432, or what your server listens on.");
    }

    /// <summary>A host may bring its port along, and an IPv6 address its brackets.</summary>
    private static void Split(NpgsqlConnectionStringBuilder options)
    {
        var host = options.Host!;
        if (HostAndPort().Match(host) is { Success: true } both)
        {
            host = both.Groups["host"].Value;
            options.Port = int.Parse(both.Groups["port"].Value, System.Globalization.CultureInfo.InvariantCulture);
        }

        options.Host = host.Trim('[', ']');
    }

    private static string? WhyUnusable(string certificate)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(certificate);
            foreach (var one in found)
                one.Dispose();
            return found.Count > 0 ? null : $"The file {certificate} has no certificate in it. Download it again (in Supabase: Project Settings → Database → SSL).";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            return unreadable is FileNotFoundException or DirectoryNotFoundException
                ? $"There is no file {certificate}. Correct the path, or leave the setting out."
                : $"The file {certificate} cannot be read as a certificate. Set a PEM file that this program may read.";
        }
    }

    private IEnumerable<SettingProblem> Remarks(SslMode asked)
    {
        if (TransactionPooler)
            yield return new(ErrorCodes.TransactionPooler, Setting,
                "It goes through a pooler in transaction mode (port 6543). That works; through the session pooler (port 5432) news of other instances come at once, and not by asking each second.");
        if (Username == "postgres" && Host.EndsWith(".pooler.supabase.com", StringComparison.OrdinalIgnoreCase))
            yield return new(ErrorCodes.DatabaseTenant, Setting,
                "On Supabase's shared pooler the user is postgres.<ref>, with the project's reference; to postgres alone it answers \"Tenant or user not found\". Copy the string of Connect → Session pooler.");
        if (IsLoopback)
            yield break;
        if (asked == SslMode.Disable)
            yield return new(ErrorCodes.EncryptionForced, Setting, "It asks for no encryption, to another machine. That is not followed: the connection is encrypted, or is not made.");
        if (!Verified)
            yield return new(ErrorCodes.ServerUnverified, Setting,
                "The connection is encrypted, and nobody checks that the server is the right one. Set Database:RootCertificate to the server's certificate (in Supabase: Project Settings → Database → SSL).");
    }

    /// <summary>Quotes count as pasted along only when they are around the whole.</summary>
    private static string Bare(string text)
    {
        var bare = text.Trim().Trim('\uFEFF').Trim();
        return bare.Length > 1 && bare[0] is '"' or '\'' && bare[^1] == bare[0] ? bare[1..^1].Trim() : bare;
    }

    [GeneratedRegex(@"^\s*(?:[\[<][^\]>]*passw(?:or)?d[^\]>]*[\]>]|your[-_ ]?passw(?:or)?d(?:[-_ ]here)?)\s*$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^(?:/.*|\[?[0-9A-Fa-f:.]+(?:%\w+)?\]?(?::\d+)?|[\w.-]+(?::\d{1,5})?)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex HostName();

    [GeneratedRegex(@"^(?<host>\[[^\]]+\]|[^/:]+):(?<port>\d{1,5})$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HostAndPort();
}
