using Gateway.Containerd;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Snapshots.Diff;

/// <summary>diffSnapshot: starts the writing of a layer.</summary>
internal static class DiffSnapshot
{
    // What a diff takes follows the size of the trees.
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(2);

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, string key, DiffBody request, JobStarter jobs,
        ContainerdClient containerd, SnapshotLeases leases, ByteQuota quota, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var snapshot = await client.RequireSnapshotAsync(snapshotter, PathText.Decode(key), cancel);
        var parent = await SnapshotChain.BaseAsync(client, snapshotter, snapshot, request.Parent, cancel);
        if (request.Lease is not null)
        {
            await leases.RequireAsync(client, request.Lease, cancel);
        }

        if (request.MediaType is MediaTypes.OciLayerZstd)
        {
            await RequireZstdAsync(containerd, cancel);
        }

        await quota.RequireRoomAsync(client, cancel);
        var work = new DiffWork
        {
            Snapshotter = snapshotter,
            Key = snapshot.Name,
            Parent = parent,
            MediaType = request.MediaType ?? MediaTypes.OciLayerGzip,
            Labels = request.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal),
            Lease = request.Lease,
            Term = request.Term,
        };
        var job = await jobs.StartAsync(new JobStart(DiffJob.JobKind, @namespace, work, WorkKey: null, Secret: null, Timeout), http, cancel);
        return await JobAnswers.Accepted(http, job, cancel);
    }

    // Nothing but the version tells: 1.x fails only once it has begun.
    private static async Task RequireZstdAsync(ContainerdClient containerd, CancellationToken cancel)
    {
        var version = (await containerd.Version.VersionAsync(new Empty(), cancellationToken: cancel)).Version;
        if (version.TrimStart('v').StartsWith("1.", StringComparison.Ordinal))
        {
            throw new ProblemException(ProblemKinds.NotSupportedByContainerd, "containerd compresses layers with zstd since 2.0, and this one is older");
        }
    }
}
