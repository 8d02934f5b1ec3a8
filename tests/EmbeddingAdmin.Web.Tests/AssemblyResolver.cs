using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace EmbeddingAdmin.Web.Tests;

/// <summary>bUnit was built against another version of AngleSharp.Diffing; the one that is here does.</summary>
internal static class AssemblyResolver
{
    [ModuleInitializer]
    internal static void Install() => AssemblyLoadContext.Default.Resolving += (context, name) =>
        name.Name is "AngleSharp.Diffing" ? context.LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, "AngleSharp.Diffing.dll")) : null;
}
