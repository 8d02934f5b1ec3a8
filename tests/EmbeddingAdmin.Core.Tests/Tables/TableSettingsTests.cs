using EmbeddingAdmin.Tables;
using Microsoft.Extensions.Configuration;

namespace EmbeddingAdmin.Core.Tests.Tables;

public sealed class TableSettingsTests
{
    [Fact]
    public void Without_a_section_the_two_tables_of_the_app_are_meant_and_they_are_private()
    {
        var (tables, problems) = Read();

        Assert.Empty(problems);
        Assert.Equal([("stories", "public", "stories", "embedding", true), ("profiles", "public", "profiles", "preference_embedding", true)], tables.Select(table => (table.Name, table.Schema, table.Table, table.Vector, table.Private)));
        Assert.All(tables, table => Assert.Null(table.Text));
    }

    [Fact]
    public void Every_setting_of_a_table_is_read()
    {
        var (tables, problems) = Read(
            ("0:Name", "notes"), ("0:Schema", "my schema"), ("0:Table", "Notes"), ("0:Key", "slug"), ("0:Vector", "vec"), ("0:Text", "{title}\n{body}"), ("0:Filter", "status=eq.published"),
            ("0:Owner", "user_id"), ("0:CreatedAt", "created_at"), ("0:Model", "text-embedding-3-large"), ("0:Private", "False"), ("1:name", "others"), ("1:vector", "embedding"));

        Assert.Empty(problems);
        Assert.Equal(
            [
                new EmbeddingTable
                {
                    Name = "notes", Schema = "my schema", Table = "Notes", Key = "slug", Vector = "vec", Text = "{title}\n{body}", Filter = "status=eq.published", Owner = "user_id", CreatedAt = "created_at",
                    Model = "text-embedding-3-large", Private = false,
                },
                new EmbeddingTable { Name = "others", Table = "others", Vector = "embedding" },
            ],
            tables);
    }

    [Theory]
    [InlineData("Tables:0:Name", "It is missing or not a slug.", "Name", "")]
    [InlineData("Tables:0:Name", "It is missing or not a slug.", "Name", "My Stories")]
    [InlineData("Tables:0:Name", "It is missing or not a slug.", "Name", "../stories")]
    [InlineData("Tables:0:Name", "It is missing or not a slug.", "Name", "stories-")]
    [InlineData("Tables:0:Name", "It is missing or not a slug.", "Name", "stories\n")]
    [InlineData("Tables:0:Vector", "It is missing.", "Vector", "")]
    [InlineData("Tables:0:Private", "It is neither true nor false.", "Private", "perhaps")]
    [InlineData("Tables:0:Text", "The recipe names no column in line 1", "Text", "title")]
    [InlineData("Tables:0:Text", "The recipe has a brace in line 2", "Text", "{title}\n{content")]
    [InlineData("Tables:0:Filter", "The filter has no known operator in its condition 1", "Filter", "status = 'published'")]
    [InlineData("Tables:0:Colum", "No table has such a setting. There are Name, Schema, Table, Key, Vector, Text, Filter, Owner, CreatedAt, Model, Private.", "Colum", "x")]
    public void A_fault_is_named_with_its_setting(string setting, string sentence, string key, string value)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Name"] = "stories", ["Vector"] = "embedding", [key] = value };

        var problem = Assert.Single(Read([.. settings.Select(pair => ($"0:{pair.Key}", pair.Value))]).Problems);

        Assert.Equal((ErrorCodes.TableSettings, setting), (problem.Code, problem.Setting));
        Assert.StartsWith(sentence, problem.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_named_at_once()
    {
        var (_, problems) = Read(("0:Name", "stories"), ("0:Vector", "v"), ("1:Name", "stories"), ("1:Vector", "v"), ("1:Private", "no"), ("2:Table", "x"));

        Assert.Equal(["Tables:1:Name", "Tables:1:Private", "Tables:2:Name", "Tables:2:Vector"], problems.Select(problem => problem.Setting));
        Assert.Contains("Another table has this name as well.", problems[0].Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_clearly_false_is_private()
    {
        Assert.True(Read(("0:Name", "a"), ("0:Vector", "v"), ("0:Private", "no")).Tables[0].Private);
        Assert.True(Read(("0:Name", "a"), ("0:Vector", "v")).Tables[0].Private);
    }

    [Fact]
    public void What_is_written_down_is_read_again_whatever_the_names_are()
    {
        EmbeddingTable[] tables =
        [
            new() { Name = "a", Schema = "My \"Schema\"", Table = "back\\slash {x}", Vector = "<vec> & 'é' 日本", Text = "{a}\nTags: {b}", Filter = "c=eq.\"d\"", Key = "k\t", Owner = "o", CreatedAt = "c", Model = "m", Private = false },
            new() { Name = "b", Table = "b", Vector = "v" },
        ];

        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(TableSettingsJson.File(tables)))).Build();
        var one = new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes($$"""{ "Tables": [ {{TableSettingsJson.Entry(tables[0])}}, {{TableSettingsJson.Entry(tables[1])}} ] }"""))).Build();

        Assert.Empty(TableSettings.Read(configuration).Problems);
        Assert.Equal(tables, TableSettings.Read(configuration).Tables);
        Assert.Equal(tables, TableSettings.Read(one).Tables);
    }

    [Theory]
    [InlineData("public", "stories", "embedding", "public.stories.embedding")]
    [InlineData("My Schema", "Odd {x}", "Vec", "My Schema.Odd {x}.Vec")]
    [InlineData("a.b", "c", "d", "\"a.b\".c.d")]
    [InlineData("a", "b.c", "d", "a.\"b.c\".d")]
    [InlineData("a", "\"b", "d", "a.\"\"\"b\".d")]
    public void Two_columns_never_go_by_one_name(string schema, string table, string vector, string name) =>
        Assert.Equal(name, new EmbeddingTable { Name = "x", Schema = schema, Table = table, Vector = vector }.ColumnName);

    private static (IReadOnlyList<EmbeddingTable> Tables, IReadOnlyList<SettingProblem> Problems) Read(params (string Key, string Value)[] settings) =>
        TableSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Tables:{setting.Key}", (string?)setting.Value))).Build());
}
