using System.Text.Json;
using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Jobs;
using Grpc.Core;

namespace Gateway.Images.Prune;

/// <summary>pruneImages: starts the removal of images that nothing needs.</summary>
internal static class PruneImages
{
    /// <summary>A garbage collection of a very full store takes minutes.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(1);

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, PruneRequest request, JobStarter jobs, ContainerdClient containerd, CancellationToken cancel)
    {
        var work = new PruneWork(
            request.DryRun, request.OlderThan is null ? null : Duration.Parse(request.OlderThan), request.Filter ?? [], request.Unused);
        await RequireReadableAsync(containerd.In(@namespace), work.Filter, cancel);
        var workKey = $"{PruneJob.JobKind} {@namespace} {JsonSerializer.Serialize(work, GatewayJson.Options)}";
        var start = new JobStart(PruneJob.JobKind, @namespace, work, workKey, Secret: null, Timeout);
        return await JobAnswers.Accepted(http, await jobs.StartAsync(start, http, cancel), cancel);
    }

    // The daemon knows its own syntax best, and the caller is still here to be told.
    private static async Task RequireReadableAsync(NamespacedClient client, IReadOnlyList<string> filter, CancellationToken cancel)
    {
        if (filter.Count is 0)
        {
            return;
        }

        try
        {
            await client.Images.ListAsync(new ListImagesRequest { Filters = { filter } }, cancellationToken: cancel);
        }
        catch (RpcException malformed) when (malformed.StatusCode is StatusCode.InvalidArgument)
        {
            throw ProblemException.InvalidField("filter", "is not containerd's filter syntax; an example is name~=acme");
        }
    }
}
