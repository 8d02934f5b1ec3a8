using System.Runtime.CompilerServices;
using Bunit;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>
/// How long bUnit waits for a page. It is one setting for the whole program: a test that set it would set it for those that happen to come after.
/// </summary>
internal static class Patience
{
    [ModuleInitializer]
    internal static void Install() => BunitContext.DefaultWaitTimeout = TimeSpan.FromSeconds(60);
}
