using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access.Why;

/// <summary>
/// Asks the policies of a table about one row, as Postgres does: by the identity, with its rights and its claims, of the row as it is and as
/// it would be. The row is handed over as a value, so that no right to the table is needed. All of it is rolled back.
/// </summary>
internal static class PolicyTrial
{
    /// <summary>A policy with its conditions as they can stand in any statement.</summary>
    private sealed record Condition(string Policy, bool Holds, string? Using, string? Check, string[] Denied);

    /// <param name="database">The connection.</param>
    /// <param name="inquiry">What was read and measured so far.</param>
    /// <param name="own">The connection's role.</param>
    /// <param name="role">The role to ask for.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<PolicyReport> AskAsync(NpgsqlDataSource database, Inquiry inquiry, RoleFacts own, RoleFacts role, CancellationToken cancel)
    {
        await using var session = await TableSession.OpenAsync(database, SqlProbe.StatementTimeout, cancel);
        var policies = inquiry.Facts!.Policies;
        var conditions = await ConditionsAsync(session, inquiry.Facts.Oid, role.Name, cancel);
        var places = policies.SelectMany(policy => Places(policy, conditions.Single(condition => condition.Policy == policy.Name))).ToList();
        if (own.Filtered)
            await session.ExecuteAsync("set local row_security = on", cancel);
        var (row, why) = await RowAsync(session, inquiry, own, cancel);
        if (row is not null && (own.Name == role.Name || role.MayBeTaken))
        {
            if (own.Name != role.Name)
                await Acting.BeginAsync(session, role, inquiry.Trace.Subject, cancel);
            for (var at = 0; at < places.Count; at++)
                places[at] = await AskAsync(session, inquiry, places[at], row, cancel);
        }

        return new(role.Name, [.. places.Select(place => place.Asked)], policies, why);
    }

    private static IEnumerable<(AskedPolicy Asked, string Sql)> Places(PolicyFacts policy, Condition condition)
    {
        if (!condition.Holds)
            yield break;
        // What has no condition adds nothing: a permissive one lets no row through by it, a restrictive one rejects none.
        foreach (var clause in Enum.GetValues<Clause>())
        {
            var sql = clause == Clause.UpdateNew ? condition.Check ?? condition.Using : condition.Using;
            var command = clause is Clause.SelectOld or Clause.SelectNew ? "select" : "update";
            if (sql is not null && (policy.Command == command || policy.Command == "all"))
                yield return (new(policy, clause, null, null, condition.Denied), sql);
        }
    }

    /// <summary>The policies' conditions with every name qualified, so that they mean the same whoever asks, and the tables that they ask.</summary>
    private static async Task<List<Condition>> ConditionsAsync(TableSession session, uint relation, string role, CancellationToken cancel)
    {
        await session.Transaction.SaveAsync("names", cancel);
        await session.ExecuteAsync("set local search_path = pg_catalog", cancel);
        var conditions = new List<Condition>();
        await using (var command = session.Command(
            """
            select p.polname::text, exists (select from unnest(p.polroles) r(oid) where r.oid = 0 or pg_has_role($2::name, r.oid, 'USAGE')),
                   pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
                   array(select distinct format('%I.%I', n.nspname, c.relname)
                           from pg_depend d join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace
                          where d.classid = 'pg_policy'::regclass and d.objid = p.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> p.polrelid
                            and c.relkind in ('r', 'p', 'v', 'm', 'f') and not has_any_column_privilege($2::name, c.oid, 'SELECT'))
              from pg_policy p where p.polrelid = $1
            """, new NpgsqlParameter { Value = relation, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid }, role))
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                conditions.Add(new(
                    reader.GetString(0), reader.GetBoolean(1), await reader.IsDBNullAsync(2, cancel) ? null : reader.GetString(2),
                    await reader.IsDBNullAsync(3, cancel) ? null : reader.GetString(3), reader.GetFieldValue<string[]>(4)));
            }
        }

        await session.Transaction.RollbackAsync("names", cancel);
        return conditions;
    }

    /// <summary>The row as it is and as it would be, each as one value's text; or why it cannot be had.</summary>
    private static async Task<((string Old, string New)? Row, string? Why)> RowAsync(TableSession session, Inquiry inquiry, RoleFacts own, CancellationToken cancel)
    {
        if (inquiry is not { Target: { } target, Trace.Key: { } key })
            return (null, "No row was at hand to ask the policies about.");
        var vector = new NpgsqlParameter { Value = (ReadOnlyMemory<float>)SqlTrial.Canary(target.Dimensions), DataTypeName = $"{target.Facts.VectorSchema}.vector" };
        var columns = target.Facts.Columns.Select(column => column.Name == target.Table.Vector ? target.AsColumn("$2") : $"t.{SqlName.Of(column.Name)}");
        await session.Transaction.SaveAsync("row", cancel);
        try
        {
            await using var command = session.Command(
                $"select t::text, row({string.Join(", ", columns)})::{target.Relation}::text from {target.Relation} t where t.{target.Key} = $1::text::{target.KeyType}", key, vector);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            return await reader.ReadAsync(cancel) ? ((reader.GetString(0), reader.GetString(1)), null) : (null, "The row was gone before the policies could be asked about it.");
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidObjectDefinition)
        {
            await session.Transaction.RollbackAsync("row", cancel);
            return (null, $"The policies could not be asked about the row: the connection's role {own.Name} may not read it whole ({refused.SqlState}{DatabaseFaults.Words(refused)}).");
        }
    }

    private static async Task<(AskedPolicy Asked, string Sql)> AskAsync(TableSession session, Inquiry inquiry, (AskedPolicy Asked, string Sql) place, (string Old, string New)? row, CancellationToken cancel)
    {
        var ((old, changed), alias) = (row!.Value, SqlName.Of(inquiry.Table.Table));
        await session.Transaction.SaveAsync("policy", cancel);
        try
        {
            // As a function's row it has the table's own type, which a condition on the whole row needs.
            await using var ask = session.Command(
                $"select coalesce(({place.Sql})::boolean, false) from unnest(array[$1::text::{inquiry.Relation}]) as {alias}", place.Asked.Clause is Clause.SelectOld or Clause.UpdateOld ? old : changed);
            return place with { Asked = place.Asked with { Lets = await ask.ExecuteScalarAsync(cancel) is true } };
        }
        catch (PostgresException raised) when (session.GoesOn)
        {
            await session.Transaction.RollbackAsync("policy", cancel);
            return place with { Asked = place.Asked with { Raised = $"{raised.SqlState}{DatabaseFaults.Words(raised)}" } };
        }
    }
}
