using Microsoft.Playwright;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>The page that explains why nothing changed.</summary>
internal sealed class WhyPage(IPage page)
{
    public ILocator Sentence => page.Locator(".why-sentence");

    /// <summary>What can be done, the recommended first.</summary>
    public ILocator Cures => page.Locator(".cure");

    public ILocator Works => page.Locator(".why-works");

    public ILocator Before => page.GetByRole(AriaRole.Article, new() { Name = "Before" });

    public ILocator After => page.GetByRole(AriaRole.Article, new() { Name = "After" });

    public ILocator ProbeAgain => page.GetByRole(AriaRole.Button, new() { Name = "Probe again" });

    /// <summary>What was found of one suspect.</summary>
    public ILocator Step(string suspect) => page.Locator($"[data-suspect={suspect}]");
}
