namespace EmbeddingAdmin.Local;

/// <summary>
/// Under whom the server runs. Postgres refuses root; a user namespace makes root look like uid 1000 to it while files stay
/// root's. Where namespaces are forbidden (some containers) it runs as nobody, who must be able to reach its folders.
/// </summary>
internal sealed record PostgresUser(string[] Prefix, bool IsNobody)
{
    private const string Nobody = "65534";

    public static async Task<PostgresUser> ChooseAsync(CancellationToken cancel)
    {
        if (!Environment.IsPrivilegedProcess) return new PostgresUser([], IsNobody: false);
        string[] mapped = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
        if (Command.Exists("unshare") && (await Command.RunAsync([.. mapped, "true"], cancel)).Code == 0) return new PostgresUser(mapped, IsNobody: false);
        return AsNobody;
    }

    internal static PostgresUser AsNobody => new(["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"], IsNobody: true);

    /// <summary>A folder that the server can reach: the wanted one, or for nobody one in a place open to all.</summary>
    public async Task<string> ReachableAsync(string wanted, CancellationToken cancel)
    {
        if (!IsNobody) return wanted;
        Directory.CreateDirectory(wanted);
        if ((await Command.RunAsync([.. Prefix, "test", "-x", wanted], cancel)).Code == 0) return wanted;
        // Root's own folder inside /var/tmp: sticky, and made by root or refused, so nobody can plant programs in it.
        const string open = "/var/tmp/embedding-admin";
        await Command.RequireAsync($"Making {open}", ["sh", "-c", """mkdir -p -m 755 "$1" && test -O "$1" && test ! -L "$1" && chmod 755 "$1" """, "sh", open], cancel);
        var name = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(wanted)))[..16];
        var instead = Path.Combine(open, name);
        Directory.CreateDirectory(instead);
        return instead;
    }

    public async Task GiveAsync(string folder, CancellationToken cancel)
    {
        if (IsNobody) await Command.RequireAsync($"Giving {folder} to the server's user", ["chown", "-R", $"{Nobody}:{Nobody}", folder], cancel);
    }
}
