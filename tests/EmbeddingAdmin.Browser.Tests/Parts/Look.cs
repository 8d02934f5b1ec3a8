using EmbeddingAdmin.Testing.Postgres;
using Microsoft.Playwright;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>Looks at a page as it stands, on a desk, a tablet and a phone, in light and in dark; keeps a picture of each.</summary>
internal sealed class Look(IPage page)
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "tests/EmbeddingAdmin.Browser.Tests/screens");

    private static readonly string Pictures = Path.Combine(Checkout.Root, ".localstack/tests/pictures");

    // Lays scrolled boxes open, and finds what axe takes for hidden on purpose.
    private const string UnseenText = """
        () => {
          document.querySelectorAll('.sample, .scroll').forEach(box => { box.style.overflow = 'visible'; box.style.maxHeight = 'none'; });
          const paint = element => getComputedStyle(element).backgroundColor;
          const ground = element => !element || paint(element) !== 'rgba(0, 0, 0, 0)' ? element : ground(element.parentElement);
          return [...document.querySelectorAll('body *')]
            .filter(element => element.checkVisibility() && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim()))
            .filter(element => ground(element) && paint(ground(element)) === getComputedStyle(element).color)
            .map(element => element.outerHTML.slice(0, 120));
        }
        """;

    private readonly List<(string What, string Where)> _faults = [];

    /// <summary>What is wrong with the looks, a sentence for each: breaches of accessibility rules, text that cannot be seen, and pages that are wider than the screen.</summary>
    public IEnumerable<string> Faults => from fault in _faults group fault.Where by fault.What into places select $"{places.Key}\n    {string.Join(", ", places.Distinct(StringComparer.Ordinal))}";

    /// <summary>Looks at everything.</summary>
    /// <param name="name">What is seen, as the pictures' file name.</param>
    /// <param name="dialog">Whether a dialog is open: it belongs to the screen, so the picture ends with the screen and not with the page.</param>
    public async Task AtAsync(string name, bool dialog = false)
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await AtAsync(name, 1280, scheme, dialog);
            await ShowAsync(name, 768, scheme, dialog);
            await AtAsync(name, 360, scheme, dialog);
        }

        await page.SetViewportSizeAsync(1280, 900);
    }

    /// <summary>Looks at what only varies a page that is looked at elsewhere: once on a desk, once on a phone.</summary>
    public async Task BrieflyAtAsync(string name, bool dialog = false)
    {
        await AtAsync(name, 1280, ColorScheme.Light, dialog);
        await AtAsync(name, 360, ColorScheme.Dark, dialog);
        await page.SetViewportSizeAsync(1280, 900);
    }

    /// <summary>Keeps a picture of the page as it stands, for whoever wants to see what is told in words elsewhere. Nothing is judged but the width.</summary>
    /// <param name="name">The picture's name.</param>
    /// <param name="width">1280 for a desk, 360 for a phone; another width than a desk's is part of the file's name.</param>
    /// <param name="scheme">Light or dark; dark is part of the file's name.</param>
    /// <param name="dialog">Whether a dialog is open: the picture ends with the screen.</param>
    public async Task KeepAsync(string name, int width = 1280, ColorScheme scheme = ColorScheme.Light, bool dialog = false)
    {
        var file = $"{name}{(width == 1280 ? "" : $"-{width}")}{(scheme == ColorScheme.Dark ? "-dark" : "")}.png";
        await ShowAsync(Path.Combine(Pictures, file), width, scheme, $"{name} at {width} in {scheme}", fullPage: !dialog);
        await page.SetViewportSizeAsync(1280, 900);
    }

    /// <summary>Judges the page as it stands, without a picture.</summary>
    public Task JudgeAsync(string name) => JudgeAsync(name, 1280);

    private async Task AtAsync(string name, int width, ColorScheme scheme, bool dialog)
    {
        await ShowAsync(name, width, scheme, dialog);
        await JudgeAsync($"{name} at {width} in {scheme}", width);
    }

    private Task ShowAsync(string name, int width, ColorScheme scheme, bool dialog) =>
        ShowAsync(Path.Combine(Folder, $"{name}-{width}-{scheme}.png".ToLowerInvariant()), width, scheme, $"{name} at {width} in {scheme}", fullPage: !dialog);

    private async Task ShowAsync(string file, int width, ColorScheme scheme, string place, bool fullPage)
    {
        await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await page.SetViewportSizeAsync(width, width == 360 ? 740 : 900);
        await page.ScreenshotAsync(new() { Path = file, FullPage = fullPage, Animations = ScreenshotAnimations.Disabled });
        var tooWide = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        if (tooWide > 0)
            _faults.Add(($"{tooWide} pixels wider than the screen.", place));
    }

    private async Task JudgeAsync(string place, int width)
    {
        // Axe cannot judge the contrast of what is scrolled out of sight, so all of it is laid open.
        await page.SetViewportSizeAsync(width, 3000);
        var unseen = await page.EvaluateAsync<string[]>(UnseenText);
        _faults.AddRange(unseen.Select(html => ($"Text in the colour of its background: {html}", place)));
        var breaches = await Axe.JudgeAsync(page);
        await page.EvaluateAsync("() => document.querySelectorAll('.sample, .scroll').forEach(box => box.removeAttribute('style'))");
        _faults.AddRange(breaches.Select(breach => (breach, place)));
    }
}
