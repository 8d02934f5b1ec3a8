using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Engine;

internal static class Parts
{
    public static RunControl GetControl(this IServiceProvider services) => services.GetRequiredService<RunControl>();

    public static EventLog GetEvents(this IServiceProvider services) => services.GetRequiredService<EventLog>();

    public static Runner GetRunner(this IServiceProvider services) => services.GetRequiredService<Runner>();
}
