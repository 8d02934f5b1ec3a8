using EmbeddingAdmin.Web.Components;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class VisibleTextTests
{
    [Theory]
    [InlineData("a\u202Eb", "a[U+202E]b")]
    [InlineData("\u0000\u001B[31m", "[U+0000][U+001B][31m")]
    [InlineData("zero\u200Bwidth\uFEFF", "zero[U+200B]width[U+FEFF]")]
    [InlineData("tag\U000E0041", "tag[U+E0041]")]
    [InlineData("line\u2028end\rno", "line[U+2028]end[U+000D]no")]
    public void What_hides_is_shown_by_its_code_point(string text, string expected) => Assert.Equal(expected, Shown(text));

    [Fact]
    public void Half_a_character_is_shown_by_its_number() => Assert.Equal("alone[U+D83D]", Shown("alone" + '\uD83D'));

    [Theory]
    [InlineData("two\r\nlines\tand a tab")]
    [InlineData("Ünïcödé 日本語 שלום")]
    [InlineData("👩‍🚀 and 🏳️‍🌈")]
    public void What_can_be_seen_stays_as_it_is(string text) => Assert.Equal(text, Shown(text));

    private static string Shown(string text) => string.Concat(VisibleText.Of(text).Select(piece => piece.Hidden ? $"[{piece.Text}]" : piece.Text));
}
