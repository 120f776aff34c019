using System.Security.Cryptography;
using System.Text.Json;
using Gateway.Auth;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Pull;

/// <summary>pullImage: starts a pull, or returns the running job that already does the same one.</summary>
internal static class PullImage
{
    // Two requests with different credentials are different work, and a plain hash of a password in the store could be guessed at. The
    // key lives as long as the process: after a restart a request starts a job of its own, which finds the other's blobs.
    private static readonly byte[] CredentialKey = RandomNumberGenerator.GetBytes(32);

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, PullRequest request, Caller caller, JobStarter jobs, ContainerdClient containerd,
        IOptions<ContainerdOptions> daemon, IOptions<ImageOptions> options, CancellationToken cancel)
    {
        var work = Normalise(request, daemon.Value, options.Value);
        await RequireSnapshotterAsync(containerd, work.Snapshotter, cancel);
        var secret = request.Auth is null ? null : JsonSerializer.Serialize(request.Auth, GatewayJson.Options);
        var start = new JobStart(PullJob.JobKind, @namespace, work, WorkKey(@namespace, work, secret), secret, work.Timeout);
        return await JobAnswers.Accepted(http, await jobs.StartAsync(start, caller, cancel), cancel);
    }

    private static PullWork Normalise(PullRequest request, ContainerdOptions daemon, ImageOptions options) => new()
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

    public static async Task RequireSnapshotterAsync(ContainerdClient containerd, string snapshotter, CancellationToken cancel)
    {
        var loaded = await containerd.SnapshottersAsync(cancel);
        if (!loaded.Contains(snapshotter, StringComparer.Ordinal))
        {
            throw new ProblemException(ProblemKinds.SnapshotterNotFound, $"containerd has no snapshotter '{snapshotter}'; it has {string.Join(", ", loaded)}");
        }
    }

    private static string WorkKey(string containerdNamespace, PullWork work, string? secret)
    {
        var identity = secret is null ? "" : Convert.ToHexStringLower(HMACSHA256.HashData(CredentialKey, System.Text.Encoding.UTF8.GetBytes(secret)));
        return $"{PullJob.JobKind} {containerdNamespace} {JsonSerializer.Serialize(work, GatewayJson.Options)} {identity}";
    }
}
