using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>getImage: one image with all that is known of its platforms.</summary>
internal static class GetImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string reference, ContainerdClient containerd, ImageInspector inspector, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        return Resource.Ok(http, await inspector.InspectAsync(client, await ImageNames.RequireAsync(client, reference, cancel), cancel));
    }
}
