using System.Text.RegularExpressions;
using EmbeddingAdmin.Access.Privileges;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Core.Tests.Sources;

/// <summary>The rights that are printed for our own tables are those that the sources' statements need: a new statement cannot be forgotten.</summary>
public sealed partial class OwnRecordsTests
{
    // What makes the tables is done by their owner.
    private const string Makers = "Migrations.cs";

    private static IEnumerable<string> Statements =>
        from folder in (string[])["EmbeddingAdmin.Core", "EmbeddingAdmin.Web"]
        from path in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src", folder), "*.cs", SearchOption.AllDirectories)
        where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal) && Path.GetFileName(path) != Makers
        from text in Literals.Of(File.ReadAllText(path)).Texts
        select text;

    [Fact]
    public void Every_right_that_a_statement_needs_is_printed_and_no_other()
    {
        var needed = Statements.SelectMany(Needs).Distinct().GroupBy(need => need.Table, need => need.Right, StringComparer.Ordinal).ToDictionary(table => table.Key, table => table.Order(StringComparer.Ordinal), StringComparer.Ordinal);
        var printed = OwnRecords.Needs.ToDictionary(table => table.Key, table => table.Value.Order(StringComparer.Ordinal), StringComparer.Ordinal);

        Assert.Equal(needed.Keys.Order(StringComparer.Ordinal), printed.Keys.Order(StringComparer.Ordinal));
        Assert.All(needed, table => Assert.Equal((table.Key, string.Join(' ', table.Value)), (table.Key, string.Join(' ', printed[table.Key]))));
    }

    [Theory]
    [InlineData("select a from embedding_admin.run r join embedding_admin.stamp s on true", "run SELECT, stamp SELECT")]
    [InlineData("select from embedding_admin.run where id = $1 for no key update", "run SELECT, run UPDATE")]
    [InlineData("insert into embedding_admin.run (a) values (1) returning id", "run INSERT, run SELECT")]
    [InlineData("insert into embedding_admin.run as r (a) values (1) on conflict (a) do update set a = 2", "run INSERT, run SELECT, run UPDATE")]
    [InlineData("with x as (delete from embedding_admin.run where true) update embedding_admin.stamp set a = 1", "run DELETE, run SELECT, stamp SELECT, stamp UPDATE")]
    public void The_rights_of_a_statement_are_read_from_it(string statement, string needs) =>
        Assert.Equal(needs, string.Join(", ", Needs(statement).Distinct().Select(need => $"{need.Table} {need.Right}").Order(StringComparer.Ordinal)));

    /// <summary>Whoever names a table in a condition, after RETURNING or as what a conflict is found by reads it, too.</summary>
    private static IEnumerable<(string Table, string Right)> Needs(string text)
    {
        foreach (Match use in Use().Matches(text))
        {
            var table = use.Groups["table"].Value;
            var verb = use.Groups["verb"].Value;
            yield return (table, "SELECT");
            if (verb is not ("from" or "join"))
                yield return (table, verb.Split(' ')[0].ToUpperInvariant());
            if ((verb == "insert into" && text.Contains("do update", StringComparison.Ordinal)) || (verb == "from" && Locking().IsMatch(text[use.Index..])))
                yield return (table, "UPDATE");
        }
    }

    [GeneratedRegex(@"\b(?<verb>insert into|update|delete from|from|join) embedding_admin\.(?<table>[a-z_]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Use();

    // Of the table that comes last before it.
    [GeneratedRegex(@"^from embedding_admin\.[a-z_]+(?!.*\bfrom\b).*\bfor (no key update|key share|update|share)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline, 60_000)]
    private static partial Regex Locking();
}
