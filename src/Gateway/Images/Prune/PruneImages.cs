using System.Text.Json;
using Gateway.Http;
using Gateway.Jobs;

namespace Gateway.Images.Prune;

/// <summary>pruneImages: starts the removal of images that nothing needs.</summary>
internal static class PruneImages
{
    /// <summary>A garbage collection of a very full store takes minutes.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(1);

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, PruneRequest request, JobStarter jobs, CancellationToken cancel)
    {
        var work = new PruneWork(
            request.DryRun, request.OlderThan is null ? null : Duration.Parse(request.OlderThan), request.Filter ?? [], request.Unused);
        ImageFilters.Parse(work.Filter);
        var workKey = $"{PruneJob.JobKind} {@namespace} {JsonSerializer.Serialize(work, GatewayJson.Options)}";
        var start = new JobStart(PruneJob.JobKind, @namespace, work, workKey, Secret: null, Timeout);
        return await JobAnswers.Accepted(http, await jobs.StartAsync(start, http, cancel), cancel);
    }
}
