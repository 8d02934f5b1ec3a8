using EmbeddingAdmin.Coverage;
using EmbeddingAdmin.Web.Rows;

namespace EmbeddingAdmin.Web.Tests.Rows;

public sealed class RowAddressTests
{
    [Theory]
    [InlineData("0e0a1f6e-0000-4000-8000-000000000000", "/tables/stories/rows/0e0a1f6e-0000-4000-8000-000000000000")]
    [InlineData("-42", "/tables/stories/rows/-42")]
    [InlineData("a/b c/d", "/tables/stories/rows/a/b%20c/d")]
    [InlineData("100% ?#&+", "/tables/stories/rows/100%25%20%3F%23%26%2B")]
    [InlineData("%2F", "/tables/stories/rows/%252F")]
    [InlineData("x/rows/y", "/tables/stories/rows/x/rows/y")]
    [InlineData("🦊\"<b>\\\u202E", "/tables/stories/rows/%F0%9F%A6%8A%22%3Cb%3E%5C%E2%80%AE")]
    public void A_keys_address_leads_back_to_the_key(string key, string address)
    {
        Assert.Equal(address, RowAddress.Of("stories", key));
        Assert.Equal(key, RowAddress.KeyOf($"http://localhost:5181{address}?x=/rows/no#y"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a/")]
    public void A_key_that_a_path_cannot_carry_stands_in_the_query(string key)
    {
        var address = RowAddress.Of("stories", key);
        Assert.Equal($"/tables/stories/row?key={Uri.EscapeDataString(key)}", address);
        Assert.Null(RowAddress.KeyOf($"http://localhost{address}"));
    }

    [Fact]
    public void A_list_says_only_what_is_asked_of_it()
    {
        Assert.Equal("/tables/stories/rows", RowAddress.List("stories"));
        Assert.Equal("/tables/stories/rows?state=staleText&after=a%2Fb%20%26", RowAddress.List("stories", CoverageState.StaleText, after: "a/b &"));
        foreach (var state in CoverageStates.InOrder)
            Assert.Equal(state, RowAddress.StateOf(RowAddress.List("t", state).Split('=')[1]));
        foreach (var none in (string?[])[null, "", "3", "nothing", "Fresh, Missing"])
            Assert.Null(RowAddress.StateOf(none));
    }
}
