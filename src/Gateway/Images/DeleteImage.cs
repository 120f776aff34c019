using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>deleteImage: removes a name; what no other name, container or lease needs goes with the next garbage collection.</summary>
internal static class DeleteImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string reference, bool? sync, ContainerdClient containerd, ImageInspector inspector, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var image = await ImageNames.RequireAsync(client, reference, cancel);
        if (http.Request.Headers.IfMatch.Count > 0)
        {
            Resource.RequireMatch(http, await inspector.InspectAsync(client, image, cancel));
        }

        await client.Images.DeleteAsync(new DeleteImageRequest { Name = image.Name, Sync = sync ?? false }, cancellationToken: cancel);
        return TypedResults.NoContent();
    }
}
