using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images.Documents;

/// <summary>getImageConfig: the bytes of the config of one platform, the node's where none is named.</summary>
internal static class GetImageConfig
{
    public static async Task<IResult> Handle(
        string @namespace, string reference, string? platform, ContainerdClient containerd, CancellationToken cancel)
    {
        var wanted = StoredDocuments.PlatformOf(platform);
        var client = containerd.In(@namespace);
        var image = await ImageNames.RequireAsync(client, PathText.Decode(reference), cancel);
        var documents = new StoredDocuments(client, image);

        // A name for one manifest has one config, whatever it is for.
        var manifest = wanted is null && !MediaTypes.IsIndex(documents.Target.MediaType)
            ? documents.Target
            : await documents.ManifestAsync(wanted ?? Platform.Host, cancel);
        return await RawDocument.AnswerAsync(documents, await documents.ConfigOfAsync(manifest, cancel), cancel);
    }
}
