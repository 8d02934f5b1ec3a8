using System.Text.RegularExpressions;
using EmbeddingAdmin.Testing.Postgres;

namespace EmbeddingAdmin.Core.Tests.Sources;

/// <summary>
/// What a statement leaves in a session is somebody else's a moment later when a pooler is between. So none of ours leaves anything, and
/// every connection is made where that is seen to.
/// </summary>
public sealed partial class SessionStateTests
{
    // It asks first whether sessions are kept.
    private const string Listener = "EmbeddingAdmin.Core/Runs/RunNews.cs";
    private const string Connector = "EmbeddingAdmin.Core/DatabaseConnection.cs";

    /// <summary>The programs' sources; the local stack is a server of our own, with no pooler before it.</summary>
    private static IEnumerable<(string Path, string Text)> Sources =>
        from folder in (string[])["EmbeddingAdmin.Core", "EmbeddingAdmin.Web"]
        from path in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src", folder), "*", SearchOption.AllDirectories)
        let name = Path.GetRelativePath(Path.Combine(Checkout.Root, "src"), path)
        where Path.GetExtension(path) is ".cs" or ".sql" && !name.Contains("/obj/", StringComparison.Ordinal) && !name.Contains("/bin/", StringComparison.Ordinal)
        select (name, File.ReadAllText(path));

    [Fact]
    public void No_statement_leaves_anything_in_a_session()
    {
        var found = from source in Sources
                    from statement in source.Path.EndsWith(".sql", StringComparison.Ordinal) ? Statements(source.Text) : Literals.Of(source.Text).Texts.SelectMany(Statements)
                    where Leaves(statement) && !(source.Path == Listener && Listening().IsMatch(statement))
                    select $"{source.Path}: {statement}";
        Assert.Empty(found);
    }

    [Fact]
    public void Every_connection_is_made_where_its_options_are_forced() =>
        Assert.Equal([Connector], from source in Sources where source.Path.EndsWith(".cs", StringComparison.Ordinal) && Connecting().IsMatch(Literals.Of(source.Text).Code) select source.Path);

    [Fact]
    public void No_command_is_prepared() =>
        Assert.Empty(from source in Sources where source.Path.EndsWith(".cs", StringComparison.Ordinal) && Preparing().IsMatch(Literals.Of(source.Text).Code) select source.Path);

    [Theory]
    [InlineData("var sql = \"set statement_timeout = 5\";")]
    [InlineData("var sql = $\"set local a.b = {(x ? $\"{y}\" : \"\")}; set search_path to public\";")]
    [InlineData("var sql = \"\"\"\n  begin;\n  SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY\n  \"\"\";")]
    [InlineData("var sql = \"select pg_try_advisory_lock($1)\";")]
    [InlineData("var sql = \"select \" + \"pg_advisory_lock(7)\";")]
    [InlineData("var sql = \"select set_config('role', $1, false)\";")]
    [InlineData("var sql = @\"prepare \"\"x\"\" as select 1\";")]
    [InlineData("var sql = $\"create temp table {name} (id int)\";")]
    [InlineData("var sql = \"create temp table x (id int) on commit delete rows\";")]
    [InlineData("var sql = $$\"\"\"create temporary view {{name}} as select '{}'\"\"\";")]
    [InlineData("var sql = \"listen news\";")]
    [InlineData("var sql = \"declare c cursor with hold for select 1\";")]
    [InlineData("var sql = \"discard all\";")]
    public void What_leaves_something_is_seen(string source) => Assert.Contains(Literals.Of(source).Texts.SelectMany(Statements), Leaves);

    [Theory]
    [InlineData("var sql = \"set local statement_timeout = 5; set constraints all immediate; set transaction read write\";")]
    [InlineData("var sql = \"\"\"\n  update t\n     set a = 1\n  \"\"\";")]
    [InlineData("var sql = $\"update {t} \" + \"set a = 1\";")]
    [InlineData("// \"set a = 1\"\nvar quote = '\"'; /* set a = 1 */ var text = \"Set a to b. Listen to what it says, prepare a cup as usual.\";")]
    [InlineData("var sql = \"select pg_advisory_xact_lock(7), set_config('a.b', 'c', true) -- ; set a = 1\\n\";")]
    [InlineData("var sql = $\"create temporary table rate (v {type}) on commit drop; insert into pg_temp.rate select 1\";")]
    [InlineData("var sql = \"insert into t select ';' || x from y; delete from prepare_list\";")]
    public void What_leaves_nothing_raises_no_alarm(string source) => Assert.DoesNotContain(Literals.Of(source).Texts.SelectMany(Statements), Leaves);

    private static IEnumerable<string> Statements(string sql) => Comment().Replace(sql, "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool Leaves(string statement) => Leaving().IsMatch(statement);

    // SQL is written in small letters here, and in capitals elsewhere; "Set" begins a sentence.
    [GeneratedRegex(
        """
        ^(?:set|SET)\s+(?:(?:session|SESSION)\b|(?!(?:local|LOCAL|constraints|CONSTRAINTS|transaction|TRANSACTION)\b)[\w.?"]+\s*(?:=|\b(?:to|TO)\b))
        |^(?:prepare|PREPARE)\s+[\w"?]+\s*(?:\(|\b(?:as|AS)\b)
        |^(?:deallocate|discard|listen|unlisten|DEALLOCATE|DISCARD|LISTEN|UNLISTEN)\s+[\w"?*]+$
        |(?i:\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\()
        |(?i:\bset_config\s*\([^()]*,\s*false\s*\))
        |(?i:\bcreate\s+(?:global\s+|local\s+)?temp(?:orary)?\b(?!.*\bon\s+commit\s+drop$)|\binto\s+temp(?:orary)?\b|\bwith\s+hold\b)
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture, 60_000)]
    private static partial Regex Leaving();

    [GeneratedRegex("^(un)?listen ", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Listening();

    [GeneratedRegex(@"new\s+NpgsqlConnection\s*\(|NpgsqlDataSource\.Create|new\s+Npgsql(Slim)?DataSourceBuilder", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Connecting();

    [GeneratedRegex(@"\.Prepare(Async)?\(\s*(\w*[cC]ancel\w*(\.\w+)?|\w*[tT]oken)?\s*\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Preparing();

    [GeneratedRegex("--[^\n]*", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Comment();
}
