using Bunit;
using EmbeddingAdmin.Web.Components;
using EmbeddingAdmin.Web.Connection;
using Microsoft.Extensions.DependencyInjection;
using Radzen;

namespace EmbeddingAdmin.Web.Tests.Connection;

public sealed class ConnectionScreenTests : BunitContext
{
    private static readonly Fault Down = new("EA-DB-01", "The database does not answer.", "Nothing was read or changed.", "Check that it is running.");

    public ConnectionScreenTests()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        AddAuthorization().SetAuthorized("Ada");
        Services.AddRadzenComponents();
        Services.AddSingleton<TimeProvider>(new ManualClock());
        Services.AddReadiness(ready: false);
    }

    [Fact]
    public void Half_of_a_connection_says_what_is_there_what_is_missing_and_where_it_is_found()
    {
        var screen = Show(new ReadinessState.HalfConfigured("ref.supabase.co", true));
        Assert.Contains("EA-CFG-11", screen.Find(".error-card").TextContent, StringComparison.Ordinal);
        Assert.Equal(["Supabase:Url ref.supabase.co", "Supabase:ServiceKey set"], screen.FindAll(".check-right").Select(Words));
        Assert.Equal("ConnectionStrings:Postgres missing", Words(screen.Find(".check-wrong")));
        Assert.Contains("Connect", screen.Find("ol").TextContent, StringComparison.Ordinal);
        Assert.Contains("Session pooler", screen.Find("ol").TextContent, StringComparison.Ordinal);
        Assert.Empty(screen.FindAll("button"));
    }

    [Fact]
    public void Connecting_says_that_it_asks() =>
        Assert.Contains("Asking the database", Show(new ReadinessState.Connecting()).Find("[role=status]").TextContent, StringComparison.Ordinal);

    [Fact]
    public void An_unreachable_database_is_tried_by_itself_and_needs_no_button()
    {
        var screen = Show(new ReadinessState.Unreachable(Down, Sample.Now));
        Assert.Contains("EA-DB-01", screen.Find(".error-card").TextContent, StringComparison.Ordinal);
        Assert.Contains("every two seconds; last tried at 15:09:26", Words(screen.Find(".quiet")), StringComparison.Ordinal);
        Assert.Empty(screen.FindAll("button"));
    }

    [Fact]
    public void A_refusal_says_that_it_was_tried_once_and_waits_for_a_word()
    {
        var screen = Show(new ReadinessState.Refused(Down with { Code = "EA-DB-03" }, Sample.Now));
        Assert.Contains("EA-DB-03", screen.Find(".error-card").TextContent, StringComparison.Ordinal);
        Assert.Contains("tried once", screen.Find(".quiet").TextContent, StringComparison.Ordinal);
        Assert.Contains("Try again", screen.Find("button").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_confirmation_shows_where_what_would_be_made_and_takes_no_empty_answer()
    {
        var screen = Show(new ReadinessState.NeedsConfirmation("db.example.org", 5432, "postgres", "postgres.ref", 13, RoleMayCreate: true));
        Assert.Equal(["db.example.org port 5432", "postgres", "postgres.ref"], screen.FindAll("dd").Take(3).Select(Words));
        Assert.Contains("embedding_admin with 13 tables", Words(screen.FindAll("dd")[3]), StringComparison.Ordinal);
        Assert.Equal(screen.Find("label").GetAttribute("for"), screen.Find("input").Id);
        Assert.True(screen.Find("input").HasAttribute("required"));
    }

    [Fact]
    public void A_role_without_the_right_is_shown_the_grant_instead_of_the_form()
    {
        var screen = Show(new ReadinessState.NeedsConfirmation("db.example.org", 5432, "my \"db\"", "poor", 13, RoleMayCreate: false));
        Assert.Empty(screen.FindAll("input"));
        Assert.Contains("EA-RLS-02", screen.Find(".error-card").TextContent, StringComparison.Ordinal);
        Assert.Equal("grant create on database \"my \"\"db\"\"\" to \"poor\";", screen.Find("pre").TextContent);
        Assert.Contains("Try again", screen.Find("button").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_is_not_signed_in_any_more_can_neither_try_nor_confirm()
    {
        var screen = Show(new ReadinessState.Refused(Down, Sample.Now));
        screen.Find("button").Click();
        screen.WaitForAssertion(() => Assert.Contains("EA-SEC-06", screen.Find(".fault-line").TextContent, StringComparison.Ordinal));

        var form = Show(new ReadinessState.NeedsConfirmation("db.example.org", 5432, "postgres", "postgres", 13, RoleMayCreate: true));
        form.Find("input").Input("postgres");
        form.Find("form").Submit();
        form.WaitForAssertion(() => Assert.Contains("EA-SEC-06", form.Find(".error-card").TextContent, StringComparison.Ordinal));
    }

    private IRenderedComponent<ConnectionScreen> Show(ReadinessState state) => Render<ConnectionScreen>(p => p.Add(screen => screen.State, state));

    private static string Words(AngleSharp.Dom.IElement element)
    {
        foreach (var hidden in element.QuerySelectorAll(".visually-hidden, .rzi"))
            hidden.Remove();
        return string.Join(' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
