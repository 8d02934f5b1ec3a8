using EmbeddingAdmin.Tables;

namespace EmbeddingAdmin.Core.Tests.Tables;

/// <summary>A table's facts as a test wants them: <c>name type</c>, a type of its own with a dash in front being an enum.</summary>
internal static class Facts
{
    public static readonly EmbeddingTable Table = new() { Name = "stories", Table = "stories", Vector = "embedding" };

    public static TableFacts Of(params string[] columns) => new()
    {
        Oid = 1,
        Schema = "public",
        Name = "stories",
        Kind = 'r',
        RowSecurity = false,
        EstimatedRows = -1,
        PrimaryKey = ["id"],
        UniqueColumns = ["id"],
        VectorSchema = "extensions",
        UpdateTriggers = [],
        Publications = [],
        UpdatePolicies = [],
        Columns = [new("id", "bigint", "int8", -1, false), .. columns.Select(Column), new("embedding", "extensions.vector(3)", "vector", 3, false)],
    };

    private static ColumnFacts Column(string words)
    {
        var at = words.LastIndexOf(' ');
        var (name, type) = (words[..at], words[(at + 1)..]);
        return type[0] == '-' ? new(name, type[1..], type[1..], -1, false, IsEnum: true) : new(name, type, type.EndsWith("[]", StringComparison.Ordinal) ? $"_{type[..^2]}" : type, -1, false);
    }
}
