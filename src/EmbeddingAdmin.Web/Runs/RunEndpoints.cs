using System.Text.Encodings.Web;
using System.Text.Json;
using EmbeddingAdmin.Runs;
using EmbeddingAdmin.Verification;
using Npgsql;

namespace EmbeddingAdmin.Web.Runs;

/// <summary>What is fetched from a run's page and is not a page. Only for somebody who is signed in, like everything that says nothing else.</summary>
internal static class RunEndpoints
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/runs/{id:long}/failures.csv", FailuresAsync);
        routes.MapGet("/runs/{id:long}/report.json", ReportAsync);
    }

    public static string ReportName(long run) => $"run-{run}-report.json";

    private static async Task<IResult> ReportAsync(long id, VerifyReports reports, HttpContext http)
    {
        try
        {
            if (await reports.ReadAsync(id, http.RequestAborted) is not { } report)
                return TypedResults.NotFound();
            http.Response.Headers.CacheControl = "no-store";
            return TypedResults.File(JsonSerializer.SerializeToUtf8Bytes(report, Json), "application/json; charset=utf-8", ReportName(id));
        }
        catch (NpgsqlException)
        {
            return TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
    }

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
