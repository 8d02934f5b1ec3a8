using AngleSharp.Dom;
using Bunit;
using Microsoft.AspNetCore.Components;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>
/// What bUnit finds, found between two renders; these go before its own here. Those read a page's markup on the test's thread while it is drawn on another,
/// and may then keep what they read of the one drawing for the next: if that was the last, whoever waits for what it brought waits in vain.
/// </summary>
internal static class Finding
{
    public static IElement Find<TComponent>(this IRenderedComponent<TComponent> page, string selector)
        where TComponent : IComponent => page.InvokeAsync(() => RenderedComponentExtensions.Find(page, selector)).GetAwaiter().GetResult();

    public static IReadOnlyList<IElement> FindAll<TComponent>(this IRenderedComponent<TComponent> page, string selector)
        where TComponent : IComponent => page.InvokeAsync(() => RenderedComponentExtensions.FindAll(page, selector)).GetAwaiter().GetResult();
}
