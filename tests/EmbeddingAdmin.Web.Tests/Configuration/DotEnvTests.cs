using System.Text;
using EmbeddingAdmin.Web.Configuration;

namespace EmbeddingAdmin.Web.Tests.Configuration;

public sealed class DotEnvTests
{
    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("  A = b  ", "b")]
    [InlineData("export A=b", "b")]
    [InlineData("\uFEFFA=b\r\n", "b")]
    [InlineData("# A=x\n\nA=b\n# A=y", "b")]
    [InlineData("A=x\nA=b", "b")]
    [InlineData("A=b # comment", "b")]
    [InlineData("A=b#c", "b#c")]
    [InlineData("A=#b", "#b")]
    [InlineData("A= # comment", "")]
    [InlineData("A=", "")]
    [InlineData("A=b=c==", "b=c==")]
    [InlineData("A=pa$$w$ORD${X}`", "pa$$w$ORD${X}`")]
    [InlineData("A='b # c' # comment", "b # c")]
    [InlineData("A=' b '", " b ")]
    [InlineData("A=\"b # c\"", "b # c")]
    [InlineData("A=\"b\\\"c\\\\d\\e$F\"", "b\"c\\d\\e$F")]
    [InlineData("A='b\\\"c'", "b\\\"c")]
    [InlineData("A=it's", "it's")]
    [InlineData("A=postgresql://ada:p@ss;x@db.example.org/app?sslmode=require", "postgresql://ada:p@ss;x@db.example.org/app?sslmode=require")]
    public void A_value_is_what_stands_there(string file, string value)
    {
        var read = Read(file);
        Assert.Empty(read.Problems);
        Assert.True(read.TryGet("A", out var found));
        Assert.Equal(value, found);
    }

    [Theory]
    [InlineData("Backfill__BatchSize=7")]
    [InlineData("Backfill:BatchSize=7")]
    [InlineData("BACKFILL__BATCHSIZE=7")]
    public void A_section_is_named_either_way(string file)
    {
        Assert.True(Read(file).TryGet("Backfill:BatchSize", out var found));
        Assert.Equal("7", found);
    }

    [Theory]
    [InlineData("hush-hush")]
    [InlineData("postgresql://ada:hush@db.example.org/app?x=y")]
    [InlineData("=hush")]
    [InlineData("A='hush")]
    [InlineData("A=\"hush")]
    [InlineData("A=\"hush\\\"")]
    [InlineData("A='hush' hush")]
    [InlineData("A=\"hush\"#hush")]
    [InlineData("A B=hush")]
    public void Of_a_line_that_cannot_be_read_only_the_number_is_told(string line)
    {
        var problem = Assert.Single(Read($"B=c\n\n{line}\nC=d").Problems);
        Assert.Equal(("EA-CFG-15", ".env"), (problem.Code, problem.Setting));
        Assert.Contains("Line 3 ", problem.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", problem.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_not_taken_for_a_password()
    {
        var file = new DotEnv("");
        file.Read([.. Encoding.UTF8.GetBytes("A=cl"), 0xE9]);
        Assert.Contains("Line 1 ", Assert.Single(file.Problems).Sentence, StringComparison.Ordinal);
    }

    private static DotEnv Read(string text)
    {
        var file = new DotEnv("");
        file.Read(Encoding.UTF8.GetBytes(text));
        return file;
    }
}
