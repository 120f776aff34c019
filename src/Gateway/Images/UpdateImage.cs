using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>updateImage: changes labels by JSON Merge Patch; a null removes one.</summary>
internal static class UpdateImage
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string reference, LabelsPatch patch, ContainerdClient containerd, ImageInspector inspector, RecordLocks records,
        CancellationToken cancel)
    {
        // An empty value removes the label in the daemon.
        var changes = patch.Changes().ToDictionary(label => label.Key, label => label.Value ?? "", StringComparer.Ordinal);
        var client = containerd.In(@namespace);
        var name = (await ImageNames.RequireAsync(client, PathText.Decode(reference), cancel)).Name;
        using var writing = await records.EnterAsync(@namespace, name, cancel);
        var image = await client.FindImageAsync(name, cancel) ?? throw Gone(name);
        await ImageMatch.RequireAsync(http, inspector, client, image, cancel);
        patch.RequireRoom(image.Labels.Keys);
        if (changes.Count > 0)
        {
            image = await client.UpdateImageAsync(name, image.Target, moves: false, changes, cancel) ?? throw Gone(name);
        }

        return Resource.Ok(http, await inspector.InspectAsync(client, image, cancel));
    }

    private static ProblemException Gone(string name) => new(ProblemKinds.ImageNotFound, $"'{name}' was deleted meanwhile");
}
