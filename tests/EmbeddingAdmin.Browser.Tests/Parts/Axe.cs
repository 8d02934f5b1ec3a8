using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace EmbeddingAdmin.Browser.Tests;

/// <summary>
/// The accessibility rules of axe-core, asked in the page itself. Deque's own package for Playwright opens a page more for every question, to put
/// the frames' answers together there: a process that starts, for pages that have no frames.
/// </summary>
internal static class Axe
{
    private static readonly string Script = new BundledAxeScriptProvider().GetScript();

    // What is in order is not listed: it would be most of the answer.
    private const string Breaches = """
        async () => {
          const { violations } = await axe.run(document, { resultTypes: ['violations'] });
          return violations.flatMap(({ id, impact, help, nodes }) => nodes.map(({ html, any }) => `${id} (${impact}): ${help}: ${html} ${any[0]?.message ?? ''}`));
        }
        """;

    /// <summary>Each element that breaks a rule, and the rule: a sentence for each.</summary>
    public static async Task<IReadOnlyList<string>> JudgeAsync(IPage page)
    {
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window"))
            await page.EvaluateAsync(Script);
        return await page.EvaluateAsync<string[]>(Breaches);
    }
}
