using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Custom;

/// <summary>commitImage: starts a job that makes an image of a container's or a snapshot's changes.</summary>
internal static class CommitImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, CommitRequest request, JobStarter jobs, ContainerdClient containerd,
        ByteQuota quota, TimeProvider time, IOptions<ImageOptions> options, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        await quota.RequireRoomAsync(client, cancel);
        var source = await CommitSource.FindAsync(client, request, cancel);
        await containerd.RequireSnapshotterAsync(source.Snapshotter, cancel);
        var from = await source.RequireBaseAsync(client, cancel);
        RequiredContent.RequireRoom(from, layers: 1);
        await RequiredContent.RequireAsync(client, from.Blobs.Select(blob => blob.Digest), StatusCodes.Status409Conflict, cancel);

        // Never joined: what a second request finds in the snapshot may be something else.
        var start = new JobStart(CommitJob.JobKind, @namespace, WorkOf(request, source, from, time), WorkKey: null, Secret: null, options.Value.PullTimeout);
        return await JobAnswers.Accepted(http, await jobs.StartAsync(start, http, cancel), cancel);
    }

    private static CommitWork WorkOf(CommitRequest request, CommitSource source, BaseImage from, TimeProvider time) => new()
    {
        Reference = ImageReference.Parse(request.Reference).Name,
        Snapshotter = source.Snapshotter,
        Snapshot = source.Snapshot,
        Base = from.Manifest!,
        Config = request.Config,
        Author = request.Author,
        Message = request.Message,
        Created = request.Timestamp is null ? time.GetUtcNow() : CustomRules.TimeOf(request.Timestamp)!.Value,
        IsDated = request.Timestamp is not null,
        MediaType = request.MediaType ?? MediaTypes.OciLayerGzip,
    };
}
