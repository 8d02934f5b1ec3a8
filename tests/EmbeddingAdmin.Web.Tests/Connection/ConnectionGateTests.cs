using Bunit;
using EmbeddingAdmin.Web.Components.Layout;
using EmbeddingAdmin.Web.Connection;
using EmbeddingAdmin.Web.Tests.SignIn;
using Microsoft.AspNetCore.Components.Forms;

namespace EmbeddingAdmin.Web.Tests.Connection;

public sealed class ConnectionGateTests(Postgres postgres) : FreshDatabase(postgres)
{
    [Fact]
    public async Task The_way_to_a_database_stands_in_for_every_page_and_gives_way_by_itself()
    {
        await using var screens = await Screens.OpenEarlyAsync(Database.ConnectionString);
        screens.ComponentFactories.AddStub<AntiforgeryToken>();
        var layout = screens.Render<MainLayout>(p => p.Add(l => l.Body, builder => builder.AddMarkupContent(0, "<h1>Page</h1>")));
        Assert.DoesNotContain("<h1>Page</h1>", layout.Markup, StringComparison.Ordinal);
        await screens.Readiness.StartAsync(Cancel);

        layout.WaitForAssertion(() => Assert.Equal(Database.Name, layout.Find(".facts strong").TextContent));
        Assert.Equal("Connection", layout.Find("h1").TextContent);
        layout.Find("input").Input("another");
        layout.Find("form.confirm-form").Submit();
        layout.WaitForAssertion(() => Assert.Contains("EA-DB-11", layout.Find(".error-card").TextContent, StringComparison.Ordinal));
        Assert.False(await IsMadeAsync());

        layout.Find("input").Input(Database.Name);
        layout.Find("form.confirm-form").Submit();
        layout.WaitForAssertion(() => Assert.Equal("Page", layout.Find("main h1").TextContent));
        Assert.Equal("Ada", await Database.ScalarAsync<string>("select actor from embedding_admin.event order by id limit 1", Cancel));
        await screens.Readiness.StopAsync(Cancel);
    }
}
