using EmbeddingAdmin.Access.Api;
using EmbeddingAdmin.Core.Tests.Tables;
using EmbeddingAdmin.Tables;
using EmbeddingAdmin.Text;

namespace EmbeddingAdmin.Core.Tests.Access;

public sealed class ApiRequestTests
{
    private const string Secret = "sb_secret_abcdefghijklmnopqrstuv_12345678";
    private static readonly ApiAccess Access = new("https://abcdefghijklmnopqrst.supabase.co", Secret);

    [Fact]
    public void An_update_names_one_row_and_holds_it_to_what_was_read()
    {
        var empty = ApiRequest.Update(Of(), new("7", null, "812"), null, Access);
        Assert.Equal(("stories?id=eq.7&embedding=is.null&select=id", """{"embedding":null}""", "return=representation", true), (empty.Path, empty.Body, empty.Prefer, empty.Singular));

        var full = ApiRequest.Update(Of(), new("7", "[1,2,3]", "812"), "[1,2,3]", Access);
        Assert.Equal(("stories?id=eq.7&xmin=eq.812&select=id", """{"embedding":"[1,2,3]"}"""), (full.Path, full.Body));
    }

    [Fact]
    public void The_scripts_update_asks_for_nothing_that_would_tell()
    {
        var request = ApiRequest.AsTheScripts(Of(), "7", "[1,2,3]", Access);
        Assert.Equal(("stories?id=eq.7", null, false), (request.Path, request.Prefer, request.Singular));
    }

    [Fact]
    public void Only_the_first_page_of_keys_is_counted_and_each_goes_on_behind_the_last_key()
    {
        Assert.Equal(("stories?select=id&order=id.asc&limit=1000", "count=exact"), (ApiRequest.Keys(Of(), null, Access).Path, ApiRequest.Keys(Of(), null, Access).Prefer));
        Assert.Equal(("stories?select=id&order=id.asc&limit=1000&id=gt.1000", null), (ApiRequest.Keys(Of(), "1000", Access).Path, ApiRequest.Keys(Of(), "1000", Access).Prefer));
        Assert.Equal("stories?id=eq.7&select=id,embedding", ApiRequest.Row(Of(), "7", Access, "embedding").Path);
    }

    [Theory]
    [InlineData("id", "a&b=c#d?e/f g,h(i)\"j\"%", "?id=eq.a%26b%3Dc%23d%3Fe%2Ff%20g%2Ch%28i%29%22j%22%25&")]
    [InlineData("limit", "1", "?%22limit%22=eq.1&")]
    [InlineData("or", "1", "?%22or%22=eq.1&")]
    [InlineData("my.key", "1", "?%22my.key%22=eq.1&")]
    [InlineData("my \"own\\key", "1", "?%22my%20%5C%22own%5C%5Ckey%22=eq.1&")]
    public void A_name_or_a_value_that_means_more_in_a_query_means_only_itself(string column, string row, string query)
        => Assert.Contains(query, ApiRequest.Update(Of(column), new(row, null, "1"), null, Access).Path, StringComparison.Ordinal);

    [Theory]
    [InlineData("limit")]
    [InlineData("or")]
    [InlineData("and")]
    [InlineData("on_conflict")]
    public void No_write_has_what_versions_differ_in(string word)
    {
        ApiRequest[] writes = [ApiRequest.Update(Of(), new("7", null, "1"), null, Access), ApiRequest.Update(Of(), new("7", "[1,2,3]", "1"), "[1,2,3]", Access), ApiRequest.AsTheScripts(Of(), "7", "[1,2,3]", Access)];

        Assert.All(writes, write => Assert.True(write.Method == HttpMethod.Patch && write.Path.Contains("?id=eq.7", StringComparison.Ordinal)));
        Assert.DoesNotContain(writes, write => write.Path.Contains($"{word}=", StringComparison.Ordinal) || write.Prefer?.Contains("resolution", StringComparison.Ordinal) is true);
    }

    [Fact]
    public void What_is_shown_of_a_request_has_all_that_matters_and_no_key()
    {
        var shown = $"{ApiRequest.Update(Of(), new("7", "[1,2,3]", "812"), $"[{string.Join(',', Enumerable.Repeat(0.5, 50))}]", Access)}";

        Assert.Equal("PATCH /rest/v1/stories?id=eq.7&xmin=eq.812&select=id; Accept: application/vnd.pgrst.object+json; Prefer: return=representation; "
            + """{"embedding":"[0.5,0.5,0.5,0.5,0.5,0.5,0…; Content-Profile: public; apikey: … (secret key)""", shown);
    }

    private static Target Of(string key = "id")
    {
        var facts = Facts.Of("title text");
        return new()
        {
            Table = Facts.Table,
            Facts = facts,
            Relation = SqlName.Of("public", "stories"),
            Key = SqlName.Of(key),
            KeyName = key,
            KeyType = "text",
            Vector = SqlName.Of("embedding"),
            VectorType = SqlName.Of("extensions", "vector"),
            HalfPrecision = false,
            Filter = "true",
            Dimensions = 3,
            Text = SourceText.Compile(TextRecipe.Parse("{title}"), Facts.Table, facts),
            Recipe = new("{title}", RecipeOrigin.Proposed),
        };
    }
}
