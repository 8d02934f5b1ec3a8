using EmbeddingAdmin.Runs;
using Npgsql;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>What is fetched from a run's page and is not a page. Only for somebody who is signed in, like everything that says nothing else.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder routes) => routes.MapGet("/runs/{id:long}/failures.csv", FailuresAsync);

    private static async Task<IResult> FailuresAsync(long id, RunStore store, Failures failures, HttpContext http)
    {
        try
        {
            if (await store.FindAsync(id, http.RequestAborted) is null)
                return TypedResults.NotFound();
        }
        catch (NpgsqlException)
        {
            return TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Stream(body => FailuresCsv.WriteAsync(failures.AllAsync(id, http.RequestAborted), body, http.RequestAborted), "text/csv; charset=utf-8", FailuresCsv.FileName(id));
    }
}
