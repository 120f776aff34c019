using Gateway.Containerd;
using Gateway.Images.Pull;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Resolve;

/// <summary>resolveImage: what a pull with the same request would bring; nothing is fetched but documents, and nothing is stored.</summary>
internal static class ResolveImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, PullRequest request, ImageResolver resolver, ContainerdClient containerd,
        IOptions<ContainerdOptions> daemon, IOptions<ImageOptions> options, CancellationToken cancel)
    {
        var work = PullImage.Normalise(request, daemon.Value, options.Value);
        await containerd.RequireSnapshotterAsync(work.Snapshotter, cancel);
        return Http.Resource.Fresh(http, await resolver.ResolveAsync(containerd.In(@namespace), work, request.Auth?.ToCredentials(), cancel));
    }
}
