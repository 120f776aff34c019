using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Gateway.Http;

/// <summary>Routes of the service itself: health and problem pages.</summary>
internal static class ServiceEndpoints
{
    /// <summary>Under this name a health check leaves a reason that anyone may read.</summary>
    public const string Reason = "reason";

    public static RouteGroupBuilder MapServiceTo(this IEndpointRouteBuilder app)
    {
        var open = app.MapGroup("").WithTags("Service");
        open.MapGet("/healthz/live", () => TypedResults.Ok(new HealthView("ok", new Dictionary<string, string>(StringComparer.Ordinal)))).WithName("getLiveness")
            .WithSummary("Tell whether the process lives").WithDescription("Asks nothing and nobody.").Produces<HealthView>();
        open.MapGet("/healthz/ready", ReadyAsync).WithName("getReadiness")
            .WithSummary("Tell whether requests can be served").WithDescription("Asks containerd and the job store.").Produces<HealthView>();
        open.MapGet("/problems/{code}", ProblemPages.Get).WithName("getProblem")
            .WithSummary("Explain a problem").WithDescription("The page that a problem's `type` leads to.").Produces<string>(contentType: "text/html");
        return open;
    }

    private static async Task<IResult> ReadyAsync(HttpContext http, HealthCheckService health, CancellationToken cancel)
    {
        var report = await health.CheckHealthAsync(cancel);
        var ready = report.Status is not HealthStatus.Unhealthy;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(
            new HealthView(ready ? "ok" : "failed", report.Entries.ToDictionary(entry => entry.Key, entry => Tell(entry.Value), StringComparer.Ordinal)),
            GatewayJson.Options, statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    // A check's description may be an exception's text, so it is not told.
    private static string Tell(HealthReportEntry check) => check.Status is HealthStatus.Healthy ? "ok"
        : check.Data.TryGetValue(Reason, out var reason) ? $"failed: {reason}"
        : "failed";
}

/// <summary>How the service is.</summary>
/// <param name="Status">`ok` or `failed`.</param>
/// <param name="Checks">By name: `ok`, `failed`, or `failed: ` and the reason.</param>
internal sealed record HealthView(string Status, IReadOnlyDictionary<string, string> Checks);
