using Bunit;
using EmbeddingAdmin.Web.Components.Layout;
using EmbeddingAdmin.Web.Tests.Connection;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace EmbeddingAdmin.Web.Tests.Components;

public sealed class MainLayoutTests : BunitContext
{
    public MainLayoutTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        Services.AddRadzenComponents();
        Services.AddSingleton<TimeProvider>(new ManualClock());
        Services.AddReadiness(ready: true);
        ComponentFactories.AddStub<Microsoft.AspNetCore.Components.Forms.AntiforgeryToken>();
    }

    [Fact]
    public void It_has_its_landmarks_and_says_who_is_signed_in()
    {
        AddAuthorization().SetAuthorized("Ada");
        var layout = RenderLayout(builder => builder.AddMarkupContent(0, "<h1>Page</h1>"));

        Assert.Equal("Main", layout.Find("header nav").GetAttribute("aria-label"));
        Assert.Equal(["/", "/tables", "/runs", "/providers", "/connection", "/access"], layout.FindAll("nav a").Select(link => link.GetAttribute("href")));
        Assert.Equal("Page", layout.Find("main h1").TextContent);
        Assert.EndsWith("#content", layout.Find("a.skip-link").GetAttribute("href"), StringComparison.Ordinal);
        Assert.Equal("content", layout.Find("main").Id);
        Assert.Equal("Ada", layout.Find(".app-who").TextContent);
        Assert.Equal(("post", "/sign-out"), (layout.Find("form").GetAttribute("method"), layout.Find("form").GetAttribute("action")));
    }

    [Fact]
    public void A_page_that_fails_leaves_the_header_and_shows_an_error_without_the_exceptions_words()
    {
        AddAuthorization().SetAuthorized("Ada");
        var layout = RenderLayout(_ => throw new InvalidOperationException("host=secret"));

        Assert.NotNull(layout.Find("header nav"));
        Assert.Contains("EA-SYS-01", layout.Find("main .error-card").TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("host=secret", layout.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_page_is_tried_again_after_one_failed()
    {
        AddAuthorization().SetAuthorized("Ada");
        var layout = RenderLayout(_ => throw new InvalidOperationException("broken"));

        layout.Render(p => p.Add(l => l.Body, builder => builder.AddMarkupContent(0, "<h1>Whole</h1>")));
        Assert.Equal("Whole", layout.Find("main h1").TextContent);
    }

    private IRenderedComponent<MainLayout> RenderLayout(RenderFragment body) => Render<MainLayout>(p => p.Add(layout => layout.Body, body));
}
