using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Custom;

/// <summary>composeImage: starts a job that makes an image of layers which stand in the content store.</summary>
internal static class ComposeImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, ComposeRequest request, JobStarter jobs, ContainerdClient containerd,
        ByteQuota quota, TimeProvider time, IOptions<ContainerdOptions> daemon, IOptions<ImageOptions> options, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        await quota.RequireRoomAsync(client, cancel);
        var work = WorkOf(request, await FindBaseAsync(client, request, cancel), time, daemon.Value);
        if (work.Snapshotter is not null)
        {
            await containerd.RequireSnapshotterAsync(work.Snapshotter, cancel);
        }

        await RequiredContent.RequireAsync(client, work.Layers.Select(layer => Digest.Parse(layer.Digest)), StatusCodes.Status422UnprocessableEntity, cancel);

        // Never joined: without a timestamp two requests are two images.
        var start = new JobStart(ComposeJob.JobKind, @namespace, work, WorkKey: null, Secret: null, options.Value.PullTimeout);
        return await JobAnswers.Accepted(http, await jobs.StartAsync(start, http, cancel), cancel);
    }

    // Null where the image is made from nothing.
    private static async Task<Descriptor?> FindBaseAsync(NamespacedClient client, ComposeRequest request, CancellationToken cancel)
    {
        if (request.Base is null)
        {
            return null;
        }

        var image = await ImageNames.RequireAsync(client, request.Base, cancel);
        var from = await BaseReader.ChooseAsync(client, image, request.Platform is null ? null : Platform.Parse(request.Platform), cancel);
        RequiredContent.RequireRoom(from, request.Layers.Count);
        await RequiredContent.RequireAsync(client, from.Blobs.Select(blob => blob.Digest), StatusCodes.Status409Conflict, cancel);
        return from.Manifest;
    }

    private static ComposeWork WorkOf(ComposeRequest request, Descriptor? from, TimeProvider time, ContainerdOptions daemon) => new()
    {
        Reference = ImageReference.Parse(request.Reference).Name,
        Base = from,
        Platform = (request.Platform is null ? Platform.Host : Platform.Parse(request.Platform)).ToString(),
        Layers = request.Layers,
        Config = request.Config,
        Author = request.Author,
        Message = request.Message,
        Created = request.Timestamp is null ? time.GetUtcNow() : CustomRules.TimeOf(request.Timestamp)!.Value,
        Snapshotter = request.Unpack ? request.Snapshotter ?? daemon.DefaultSnapshotter : null,
    };
}
