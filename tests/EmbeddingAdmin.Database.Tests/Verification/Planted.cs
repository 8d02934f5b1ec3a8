using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Verification;

namespace EmbeddingAdmin.Database.Tests.Verification;

/// <summary>A fault that is planted by SQL, and what has to be found of it.</summary>
/// <param name="Name">Names it in the report.</param>
/// <param name="Check">The check that finds it.</param>
/// <param name="Rows">How many rows it takes; all of them are found.</param>
/// <param name="Sql">Makes it of these keys, which are literals.</param>
internal sealed record Planted(string Name, VerifyCheck Check, int Rows, Func<Target, string[], string> Sql)
{
    public static IReadOnlyList<Planted> All { get; } =
    [
        new("missing", VerifyCheck.Missing, 2, (target, keys) => $"{Set(target, keys, "null")}; {Unstamp(target, keys)}"),
        new("gone", VerifyCheck.Reverted, 1, (target, keys) => Set(target, keys, "null")),
        new("another vector", VerifyCheck.Reverted, 3, (target, keys) => Set(target, keys, Numbers(target, "-x"))),
        new("another row's vector", VerifyCheck.Reverted, 1, (target, keys) => Set(target, keys, $"(select {target.Vector} from {target.Relation} o where o.{target.Key}::text > {keys[0]} and o.{target.Vector} is not null order by o.{target.Key} limit 1)")),
        new("edited text", VerifyCheck.TextChanged, 2, (target, keys) => $"update {target.Relation} set {Text(target)} = {Text(target)} || ' edited' where {In(target, keys)}"),
        new("another model", VerifyCheck.OtherSettings, 1, (target, keys) => Remade(target, keys, "'another-model', dimensions, recipe")),
        new("another length", VerifyCheck.OtherSettings, 1, (target, keys) => Remade(target, keys, "model, dimensions + 1, recipe")),
        new("another recipe", VerifyCheck.OtherSettings, 1, (target, keys) => Remade(target, keys, "model, dimensions, 'another recipe'")),
        new("zeros", VerifyCheck.ZeroVector, 2, (target, keys) => Set(target, keys, Numbers(target, "0"))),
        new("zeros that a run claims", VerifyCheck.ZeroVector, 1, (target, keys) => $"{Set(target, keys, Numbers(target, "0"))}; {Restamp(target, keys)}"),
        new("twice as long", VerifyCheck.NotUnitLength, 2, (target, keys) => $"{Set(target, keys, Numbers(target, "2 * x"))}; {Restamp(target, keys)}"),
        new("the same vector for several texts", VerifyCheck.EqualVectors, 3, (target, keys) => $"{Set(target, keys, $"(select {target.Vector} from {target.Relation} o where o.{target.Key}::text = {keys[0]})")}; {Restamp(target, keys)}"),
        new("the same vector for several texts, and no run claims it", VerifyCheck.EqualVectors, 2, (target, keys) => $"{Set(target, keys, Numbers(target, "-x", $"o.{target.Key}::text = {keys[0]}"))}; {Unstamp(target, keys)}"),
        new("no stamp", VerifyCheck.NeverStamped, 2, Unstamp),
        new("another vector for the text", VerifyCheck.Drift, 2, (target, keys) => $"{Set(target, keys, Numbers(target, "x", order: "n desc"))}; {Restamp(target, keys)}"),
    ];

    private static string Text(Target target) => target.Table.Name switch { "profiles" => "bio", "places" => "body", _ => "content" };

    private static string In(Target target, string[] keys) => $"{target.Key}::text in ({string.Join(", ", keys)})";

    private static string Set(Target target, string[] keys, string vector) => $"update {target.Relation} t set {target.Vector} = {vector} where t.{In(target, keys)}";

    private static string Numbers(Target target, string number, string? of = null, string order = "n") =>
        $"(select array_agg({number} order by {order})::real[]::{target.VectorType} from unnest({(of is null ? $"t.{target.Vector}" : $"(select o.{target.Vector} from {target.Relation} o where {of})")}::real[]) with ordinality as v(x, n))";

    private static string Column(Target target) => $"(select id from embedding_admin.vector_column where name = '{target.ColumnName}')";

    private static string Unstamp(Target target, string[] keys) => $"delete from embedding_admin.stamp where vector_column = {Column(target)} and row_key in ({string.Join(", ", keys)})";

    private static string Restamp(Target target, string[] keys) =>
        $"update embedding_admin.stamp s set vector_hash = sha256({target.Bytes($"t.{target.Vector}")}) from {target.Relation} t where s.vector_column = {Column(target)} and t.{target.Key}::text = s.row_key and s.row_key in ({string.Join(", ", keys)})";

    private static string Remade(Target target, string[] keys, string other) =>
        $"""
        insert into embedding_admin.made_from (provider, host, model, dimensions, recipe)
        select provider, host, {other} from embedding_admin.made_from where id = (select made_from from embedding_admin.stamp where vector_column = {Column(target)} and row_key = {keys[0]}) on conflict do nothing;
        update embedding_admin.stamp set made_from = (select max(id) from embedding_admin.made_from) where vector_column = {Column(target)} and row_key in ({string.Join(", ", keys)})
        """;
}
