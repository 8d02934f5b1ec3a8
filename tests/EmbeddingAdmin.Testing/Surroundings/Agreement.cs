using EmbeddingAdmin.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace EmbeddingAdmin.Testing.Surroundings;

/// <summary>Says of a start that whatever its updates set off was seen and agreed to: for tables whose triggers or indexes a test has put there itself.</summary>
public static class Agreement
{
    public static async Task<StartRequest> AcceptedAsync(this IServiceProvider services, StartRequest request, CancellationToken cancel)
    {
        var planner = services.GetRequiredService<StartPlanner>();
        return request with { Accepts = (await planner.CountAsync(await planner.PlanAsync(request, cancel), cancel)).Neighbours.Fingerprint };
    }
}
