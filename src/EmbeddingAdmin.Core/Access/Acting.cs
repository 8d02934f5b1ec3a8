using System.Text.Json;
using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Access;

/// <summary>Lets a transaction act as a role of the database, as the API does for whoever it has signed in, and take it back.</summary>
internal static class Acting
{
    /// <summary>Acts as the role until <see cref="EndAsync"/>, a savepoint that is gone back to, or the end of the transaction.</summary>
    /// <param name="session">The transaction.</param>
    /// <param name="role">The role.</param>
    /// <param name="subject">As whom a signed-in user comes; null for roles that nobody signs in to.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task BeginAsync(TableSession session, RoleFacts role, string? subject, CancellationToken cancel)
    {
        session.IsLast = true;
        var claims = new Dictionary<string, string>(StringComparer.Ordinal) { ["role"] = role.Name };
        if (subject is not null)
            claims["sub"] = subject;
        // As PostgREST says it, and as it did before version 9, which functions of older projects still read. SET ROLE does not bring the role's settings along.
        await using (var says = session.Command(
            """
            select set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true), set_config('request.jwt.claim.role', $3, true),
                   set_config('statement_timeout', coalesce(nullif(nullif($4, '0'), ''), current_setting('statement_timeout')), true)
            """,
            JsonSerializer.Serialize(claims), subject ?? "", role.Name, role.StatementTimeout ?? ""))
            await says.ExecuteNonQueryAsync(cancel);
        await session.ExecuteAsync($"set local row_security = on; set local role {SqlName.Of(role.Name)}", cancel);
    }

    /// <summary>Acts as the connection's role again, as every transaction of this program begins.</summary>
    public static Task EndAsync(TableSession session, TimeSpan statementTimeout, CancellationToken cancel) =>
        session.ExecuteAsync($"set local role none; set local row_security = off; set local statement_timeout = {(long)statementTimeout.TotalMilliseconds}", cancel);
}
