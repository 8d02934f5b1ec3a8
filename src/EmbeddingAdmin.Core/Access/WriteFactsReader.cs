using System.Text.Json;
using EmbeddingAdmin.Tables;
using Npgsql;

namespace EmbeddingAdmin.Access;

/// <summary>Reads <see cref="WriteFacts"/> from <c>pg_catalog</c>, which every role may. It is one query, whatever the relation is.</summary>
public sealed class WriteFactsReader(NpgsqlDataSource database)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    /// <summary>What has a say in an update of the table's vector.</summary>
    /// <returns>Null when the table is not there.</returns>
    public async Task<WriteFacts?> ReadAsync(EmbeddingTable table, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(table);
        await using var command = database.CreateCommand(
            """
            select c.oid, c.relkind, pg_get_userbyid(c.relowner)::text, c.relrowsecurity, c.relforcerowsecurity,
                   (select pn.nspname || '.' || p.relname from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
                     where c.relispartition and i.inhrelid = c.oid),
                   coalesce(v.attgenerated <> '', false), v.attnum is not null,
                   (select coalesce(json_agg(json_build_object('name', p.polname, 'permissive', p.polpermissive,
                             'command', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
                             'roles', array(select case r.oid when 0 then 'public' else pg_get_userbyid(r.oid)::text end from unnest(p.polroles) as r(oid)),
                             'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) order by p.polname), '[]')::text
                      from pg_policy p where p.polrelid = c.oid),
                   (select coalesce(json_agg(json_build_object('name', g.tgname, 'forEachRow', g.tgtype & 1 > 0,
                             'timing', case when g.tgtype & 64 > 0 then 'InsteadOf' when g.tgtype & 2 > 0 then 'Before' when g.tginitdeferred then 'Deferred' else 'After' end,
                             'function', fn.nspname || '.' || f.proname, 'definition', pg_get_triggerdef(g.oid), 'always', g.tgenabled = 'A',
                             'purpose', case when fn.nspname = 'supabase_functions' or f.prosrc ~* 'net\.http_(post|get)' then 'Webhook'
                                             when f.prosrc ~* 'pgmq\.send|queue_embeddings|clear_column' or f.proname in ('queue_embeddings', 'clear_column') then 'AutomaticEmbedding'
                                             when f.proname in ('moddatetime', 'set_updated_at', 'update_updated_at_column') or f.prosrc ~* 'new\.\w*(updated|modified)\w*\s*:?=\s*(now|clock_timestamp|current_timestamp|statement_timestamp|timezone)' then 'Timestamp'
                                             else 'Unknown' end) order by g.tgname), '[]')::text
                      from pg_trigger g join pg_proc f on f.oid = g.tgfoid join pg_namespace fn on fn.oid = f.pronamespace
                     where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled in ('O', 'A') and g.tgtype & 16 > 0
                       and (cardinality(g.tgattr::int2[]) = 0 or v.attnum = any(g.tgattr::int2[]))),
                   (select coalesce(json_agg(json_build_object('name', r.rulename, 'instead', r.is_instead, 'definition', pg_get_ruledef(r.oid)) order by r.rulename), '[]')::text
                      from pg_rewrite r where r.ev_class = c.oid and r.ev_type = '2' and r.ev_enabled in ('O', 'A')),
                   array(select p.pubname::text from pg_publication p where p.pubupdate and (p.puballtables
                           or exists (select from pg_publication_rel r where r.prpubid = p.oid and r.prrelid = c.oid)
                           or exists (select from pg_publication_namespace s where s.pnpubid = p.oid and s.pnnspid = c.relnamespace)) order by 1),
                   (select coalesce(json_agg(json_build_object('name', i.indexrelid::regclass::text, 'method', m.amname, 'bytes', pg_relation_size(i.indexrelid),
                             'definition', pg_get_indexdef(i.indexrelid)) order by i.indexrelid::regclass::text), '[]')::text
                      from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am m on m.oid = x.relam
                     -- An expression, such as a cast to halfvec, has no column of its own; the index depends on the column all the same.
                     where i.indrelid = c.oid and (v.attnum = any(i.indkey::int2[]) or 0 = any(i.indkey::int2[]) and exists (
                           select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.refobjsubid = v.attnum))),
                   case when c.relkind in ('v', 'm') then
                     (with recursive behind(oid) as (
                        select d.refobjid from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass where r.ev_class = c.oid and d.refobjid <> c.oid
                        union select d.refobjid from behind b join pg_rewrite r on r.ev_class = b.oid join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass
                               where d.refobjid <> b.oid)
                      select json_build_object(
                               'securityInvoker', coalesce((select o.option_value::bool from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker'), false),
                               'checkOption', (select o.option_value from pg_options_to_table(c.reloptions) o where o.option_name = 'check_option'),
                               'tables', array(select bn.nspname || '.' || bc.relname from behind b join pg_class bc on bc.oid = b.oid join pg_namespace bn on bn.oid = bc.relnamespace
                                                where bc.relkind in ('r', 'p', 'f')
                                                order by not exists (select from pg_attribute a where a.attrelid = b.oid and a.attname = $3 and not a.attisdropped), 1))::text) end,
                   (select s.srvname::text from pg_foreign_table ft join pg_foreign_server s on s.oid = ft.ftserver where ft.ftrelid = c.oid)
              from pg_class c join pg_namespace n on n.oid = c.relnamespace
              left join pg_attribute v on v.attrelid = c.oid and v.attname = $3 and v.attnum > 0 and not v.attisdropped
             where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')
            """);
        command.Parameters.Add(new() { Value = table.Schema });
        command.Parameters.Add(new() { Value = table.Table });
        command.Parameters.Add(new() { Value = table.Vector });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
            return null;
        return new()
        {
            Oid = reader.GetFieldValue<uint>(0),
            Kind = reader.GetChar(1),
            Owner = reader.GetString(2),
            RowSecurity = reader.GetBoolean(3),
            Forced = reader.GetBoolean(4),
            PartitionOf = await reader.IsDBNullAsync(5, cancel) ? null : reader.GetString(5),
            Generated = reader.GetBoolean(6),
            HasVector = reader.GetBoolean(7),
            Policies = List<PolicyFacts>(8),
            Triggers = List<TriggerFacts>(9),
            Rules = List<RuleFacts>(10),
            Publications = reader.GetFieldValue<string[]>(11),
            VectorIndexes = List<IndexFacts>(12),
            View = await reader.IsDBNullAsync(13, cancel) ? null : JsonSerializer.Deserialize<ViewFacts>(reader.GetString(13), Json),
            ForeignServer = await reader.IsDBNullAsync(14, cancel) ? null : reader.GetString(14),
        };

        IReadOnlyList<T> List<T>(int column) => JsonSerializer.Deserialize<T[]>(reader.GetString(column), Json)!;
    }
}
