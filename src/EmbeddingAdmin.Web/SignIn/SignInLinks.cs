using Npgsql;

namespace EmbeddingAdmin.Web.SignIn;

/// <summary>Links that sign in once, within 15 minutes by the database's clock.</summary>
internal sealed class SignInLinks(NpgsqlDataSource database)
{
    /// <summary>Makes a link and returns its token, which exists nowhere else.</summary>
    public async Task<string> CreateAsync(CancellationToken cancellationToken)
    {
        var token = Secret.New();
        await using var insert = database.CreateCommand("""
            with expired as (delete from embedding_admin.sign_in_link where expires_at < now() - interval '1 day')
            insert into embedding_admin.sign_in_link (token_hash, expires_at) values ($1, now() + interval '15 minutes')
            """);
        insert.Parameters.Add(new() { Value = Secret.HashOf(token) });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        return token;
    }

    /// <summary>Uses a link up. False when it was used before, has expired or was never made.</summary>
    public async Task<bool> UseAsync(string token, CancellationToken cancellationToken)
    {
        await using var use = database.CreateCommand("""
            update embedding_admin.sign_in_link set used_at = now()
            where token_hash = $1 and used_at is null and expires_at > now()
            """);
        use.Parameters.Add(new() { Value = Secret.HashOf(token) });
        return await use.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
