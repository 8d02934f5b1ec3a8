using EmbeddingAdmin.Access;
using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Options;

namespace EmbeddingAdmin.Web.Rows;

/// <summary>Where a row is found outside of the dashboard.</summary>
internal sealed class RowLinks(IOptions<SupabaseOptions> supabase)
{
    private const string Hosted = ".supabase.co";

    /// <summary>The row in the Table Editor of a hosted project; null when the project is not a hosted one.</summary>
    public string? TableEditor(Target target, string key) =>
        Uri.TryCreate(supabase.Value.Url, UriKind.Absolute, out var url) && url.Host.EndsWith(Hosted, StringComparison.OrdinalIgnoreCase)
        && url.Host[..^Hosted.Length] is { Length: > 0 } project && !project.Contains('.', StringComparison.Ordinal)
            ? $"https://supabase.com/dashboard/project/{project}/editor/{target.Facts.Oid}?schema={Uri.EscapeDataString(target.Table.Schema)}&filter={Uri.EscapeDataString($"{target.KeyName}:eq:{key}")}"
            : null;
}
