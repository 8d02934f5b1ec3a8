using EmbeddingAdmin.Providers;

namespace EmbeddingAdmin.Core.Tests.Providers;

public sealed class SecretScrubTests
{
    private readonly SecretScrub _scrub = new("k3y-of-no-known-form");

    [Theory]
    [InlineData("Incorrect API key provided: sk-abcde****wxyz. You can find", "Incorrect API key provided: …. You can find")]
    [InlineData("Incorrect key abcd********wxyz given", "Incorrect key … given")]
    [InlineData("key sk-proj-Abc_123-xyz refused", "key … refused")]
    [InlineData("got Authorization: Bearer abc.def/ghi= there", "got Authorization: … there")]
    [InlineData("no access with k3y-of-no-known-form, sorry", "no access with …, sorry")]
    [InlineData("token eyJhbGciOi.eyJzdWIi.c2ln expired", "token … expired")]
    [InlineData("see https://x.example/v1?api_key=topsecret&x=1", "see https://x.example/v1?…&x=1")]
    [InlineData("one\r\n\ttwo\0three", "one two three")]
    [InlineData("nothing to hide", "nothing to hide")]
    public void What_looks_like_a_secret_is_not_shown(string said, string shown) => Assert.Equal(shown, _scrub.Scrub(said, []));

    [Fact]
    public void A_text_that_was_sent_is_not_shown()
    {
        string[] texts = ["short", "My doctor told me on Monday that", "  "];

        Assert.Equal("invalid input: …", _scrub.Scrub("invalid input: My doctor told me on Mon (cut), try again", texts));
        Assert.Equal("invalid input \"…", _scrub.Scrub("invalid input \"short\"", texts));
        Assert.Equal("a short sentence", _scrub.Scrub("a short sentence", texts));
    }

    [Fact]
    public void A_key_that_was_replaced_is_as_secret_as_the_new_one()
    {
        _scrub.Learn("an0ther-of-no-form");
        Assert.Equal("not …, but …", _scrub.Scrub("not k3y-of-no-known-form, but an0ther-of-no-form", []));
    }

    [Fact]
    public void A_long_message_is_cut() => Assert.Equal($"{new string('x', 200)}…", _scrub.Scrub(new string('x', 100_000), []));
}
