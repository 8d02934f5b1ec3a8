using EmbeddingAdmin.Events;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Database.Tests.Engine;

internal static class Parts
{
    public static RunControl GetControl(this IServiceProvider services) => services.GetRequiredService<RunControl>();

    public static EventLog GetEvents(this IServiceProvider services) => services.GetRequiredService<EventLog>();

    public static VerifyReports GetReports(this IServiceProvider services) => services.GetRequiredService<VerifyReports>();

    public static Runner GetRunner(this IServiceProvider services) => services.GetRequiredService<Runner>();
}
