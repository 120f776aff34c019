using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>deleteImage: removes a name; what no other name, container or lease needs goes with the next garbage collection.</summary>
internal static class DeleteImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string reference, bool? sync, ContainerdClient containerd, ImageInspector inspector, RecordLocks records,
        CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var name = (await ImageNames.RequireAsync(client, PathText.Decode(reference), cancel)).Name;
        using var writing = await records.EnterAsync(@namespace, name, cancel);
        if (await client.FindImageAsync(name, cancel) is not { } image)
        {
            // Another delete was first.
            return TypedResults.NoContent();
        }

        await ImageMatch.RequireAsync(http, inspector, client, image, cancel);
        ImagePins.RequireUnpinned(image);
        await client.DeleteImageAsync(name, sync ?? false, cancel);
        return TypedResults.NoContent();
    }
}
