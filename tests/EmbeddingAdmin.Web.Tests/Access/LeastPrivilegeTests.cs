using Bunit;
using EmbeddingAdmin.Access.Privileges;
using EmbeddingAdmin.Web.Access;

namespace EmbeddingAdmin.Web.Tests.Access;

public sealed class LeastPrivilegeTests : BunitContext
{
    private const string Sql = "create role \"embedding_writer\" login bypassrls password '[YOUR-PASSWORD]';";

    [Fact]
    public void What_is_missing_and_what_is_too_much_stand_beside_statements_to_copy()
    {
        var page = Show(new("app_writer", [new("It may not read title of public.stories.", "grant select (\"title\") …"), new("The schema is not there.", "")], [new("It has CREATEROLE.", "alter role …")], Sql));

        Assert.Contains("app_writer", page.Find("p").TextContent, StringComparison.Ordinal);
        Assert.Equal(["It may not read title of public.stories.", "The schema is not there."], page.FindAll("[data-privileges=missing] > li > p").Select(line => line.TextContent));
        Assert.Equal(["It has CREATEROLE."], page.FindAll("[data-privileges=superfluous] > li > p").Select(line => line.TextContent));
        Assert.Equal(["grant select (\"title\") …", "alter role …", Sql], page.FindAll("[data-copy]").Select(button => page.Find($"#{button.GetAttribute("data-copy")}").TextContent));
        Assert.Empty(page.FindAll(".note"));
    }

    [Fact]
    public void A_role_with_exactly_what_is_needed_is_said_to_have_it()
    {
        var page = Show(new("embedding_writer", [], [], Sql));
        Assert.Contains("It has exactly what is needed.", page.Find(".note").TextContent, StringComparison.Ordinal);
        Assert.Empty(page.FindAll("h3, .privileges"));
        Assert.Equal("writer-role", Assert.Single(page.FindAll("[data-copy]")).GetAttribute("data-copy"));
    }

    [Fact]
    public void One_side_without_anything_says_so()
    {
        var page = Show(new("postgres", [], [new("postgres is a superuser.", "")], Sql));
        Assert.Equal(["What it lacks", "What it has and does not need"], page.FindAll("h3").Select(title => title.TextContent));
        Assert.Single(page.FindAll("p"), line => line.TextContent == "Nothing.");
    }

    [Fact]
    public void A_table_that_could_not_be_looked_at_is_named()
    {
        var page = Show(new("postgres", [], [], Sql) { LeftOut = [("profiles", "EA-SCH-01")] });
        Assert.Contains(page.FindAll(".note"), note => note.TextContent.Contains("Nothing is said of profiles (EA-SCH-01)", StringComparison.Ordinal));
    }

    private IRenderedComponent<LeastPrivilege> Show(PrivilegeReport report) => Render<LeastPrivilege>(shown => shown.Add(s => s.Report, report));
}
