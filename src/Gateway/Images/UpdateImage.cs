using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
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
        var name = (await ImageNames.RequireAsync(client, reference, cancel)).Name;
        using var writing = await records.EnterAsync(@namespace, name, cancel);
        var image = await client.FindImageAsync(name, cancel) ?? throw Gone(name);
        await ImageMatch.RequireAsync(http, inspector, client, image, cancel);
        RequireRoom(image, changes);
        if (changes.Count > 0)
        {
            image = await client.UpdateImageAsync(name, image.Target, moves: false, changes, cancel) ?? throw Gone(name);
        }

        return Resource.Ok(http, await inspector.InspectAsync(client, image, cancel));
    }

    // A record that others gave more labels than the bound may still lose some.
    private static void RequireRoom(Image image, Dictionary<string, string> changes)
    {
        var after = image.Labels.Keys.Except(changes.Keys, StringComparer.Ordinal).Count() + changes.Values.Count(value => value.Length > 0);
        if (after > Validation.MaxLabels && after > image.Labels.Count)
        {
            throw ProblemException.InvalidField("labels", $"would be {after}; an image has at most {Validation.MaxLabels}");
        }
    }

    private static ProblemException Gone(string name) => new(ProblemKinds.ImageNotFound, $"'{name}' was deleted meanwhile");
}
