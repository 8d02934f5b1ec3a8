using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>Where a row is found outside of the dashboard.</summary>
internal sealed class RowLinks(IOptions<SupabaseOptions> supabase)
{
    /// <summary>The row in the Table Editor of a hosted project; null when the project is not a hosted one.</summary>
    public string? TableEditor(Target target, string key) =>
        supabase.Value.Url is { Length: > 0 } address && SupabaseUrl.Read(address).Url?.TableEditor(target.Facts.Oid, target.Table.Schema) is { } table
            ? $"{table}&filter={Uri.EscapeDataString($"{target.KeyName}:eq:{key}")}"
            : null;
}
