using Gateway.Containerd;
using Gateway.Http;

namespace Gateway.Images.Documents;

/// <summary>getImageManifest: the bytes that the image's name stands for, or of the manifest for one platform.</summary>
internal static class GetImageManifest
{
    public static async Task<IResult> Handle(
        string @namespace, string reference, string? platform, ContainerdClient containerd, CancellationToken cancel)
    {
        var wanted = StoredDocuments.PlatformOf(platform);
        var client = containerd.In(@namespace);
        var image = await ImageNames.RequireAsync(client, PathText.Decode(reference), cancel);
        var documents = new StoredDocuments(client, image);
        return await RawDocument.AnswerAsync(documents, wanted is null ? documents.Target : await documents.ManifestAsync(wanted, cancel), cancel);
    }
}
