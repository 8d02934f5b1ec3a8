using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Playwright;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>Looks at a page as it stands, on a desk, a tablet and a phone, in light and in dark; keeps a picture of each.</summary>
internal sealed class Look(IPage page)
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "tests/EmbeddingAdmin.Browser.Tests/screens");

    // What is in order is not listed: it would be most of the answer.
    private static readonly AxeRunOptions Rules = new() { ResultTypes = [ResultType.Violations] };

    private readonly List<(string What, string Where)> _faults = [];

    /// <summary>What is wrong with the looks, a sentence for each: breaches of accessibility rules, and pages that are wider than the screen.</summary>
    public IEnumerable<string> Faults => from fault in _faults group fault.Where by fault.What into places select $"{places.Key}\n    {string.Join(", ", places.Distinct(StringComparer.Ordinal))}";

    /// <param name="name">What is seen, as the pictures' file name.</param>
    public async Task AtAsync(string name)
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            foreach (var width in new[] { 1280, 768, 360 })
            {
                await page.SetViewportSizeAsync(width, width == 360 ? 740 : 900);
                await page.ScreenshotAsync(new() { Path = Path.Combine(Folder, $"{name}-{width}-{scheme}.png".ToLowerInvariant()), FullPage = true, Animations = ScreenshotAnimations.Disabled });
                await JudgeAsync($"{name} at {width} in {scheme}", rules: width != 768);
            }
        }

        await page.SetViewportSizeAsync(1280, 900);
    }

    private async Task JudgeAsync(string place, bool rules)
    {
        var tooWide = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        if (tooWide > 0)
            _faults.Add(($"{tooWide} pixels wider than the screen.", place));
        if (!rules)
            return;
        var result = await page.RunAxe(Rules);
        _faults.AddRange(
            from violation in result.Violations
            from node in violation.Nodes
            select ($"{violation.Id} ({violation.Impact}): {violation.Help}: {node.Html} {node.Any.FirstOrDefault()?.Message}", place));
    }
}
