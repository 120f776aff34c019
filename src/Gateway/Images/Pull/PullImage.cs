using System.Text.Json;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Images.Transfer;
using Gateway.Jobs;
using Gateway.Oci;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Pull;

/// <summary>pullImage: starts a pull, or returns the running job that already does the same one.</summary>
internal static class PullImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, PullRequest request, JobStarter jobs, ContainerdClient containerd,
        ImageEngines engines, DiskReserve disk, ByteQuota quota, IOptions<ContainerdOptions> daemon, IOptions<ImageOptions> options, CancellationToken cancel)
    {
        var work = Normalise(request, daemon.Value, options.Value);
        await engines.RequireForAsync(request.Auth?.RegistryToken, cancel);
        await containerd.RequireSnapshotterAsync(work.Snapshotter, cancel);
        (await disk.RoomAsync(work.Snapshotter, cancel)).Require(bytes: 0);
        await quota.RequireRoomAsync(containerd.In(@namespace), cancel);
        var secret = JobCredentials.Write(request.Auth);
        var start = new JobStart(PullJob.JobKind, @namespace, work, WorkKey(@namespace, work, secret), secret, work.Timeout);
        return await JobAnswers.Accepted(http, await jobs.StartAsync(start, http, cancel), cancel);
    }

    public static PullWork Normalise(PullRequest request, ContainerdOptions daemon, ImageOptions options) => new()
    {
        Reference = ImageReference.Parse(request.Reference).Name,
        Platforms = request.AllPlatforms ? []
            : request.Platforms is { Count: > 0 } ? request.Platforms.Select(text => Platform.Parse(text).ToString()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray()
            : [Platform.Host.ToString()],
        AllPlatforms = request.AllPlatforms,
        Snapshotter = request.Snapshotter ?? daemon.DefaultSnapshotter,
        Unpack = request.Unpack,
        Labels = request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal),
        Policy = request.Policy,
        Timeout = request.Timeout is null ? options.PullTimeout : Duration.Parse(request.Timeout),
    };

    private static string WorkKey(string containerdNamespace, PullWork work, Secret? secret) =>
        $"{PullJob.JobKind} {containerdNamespace} {JsonSerializer.Serialize(work, GatewayJson.Options)} {JobCredentials.IdentityOf(secret)}";
}
