using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Content;

/// <summary>updateContent: changes a blob's labels by JSON Merge Patch; a null removes one. The others stay, the garbage collector's among them.</summary>
internal static class UpdateContent
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, Digest digest, LabelsPatch patch, ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        // An empty value removes the label in the daemon.
        var changes = patch.Changes().ToDictionary(label => label.Key, label => label.Value ?? "", StringComparer.Ordinal);
        var current = await client.RequireBlobAsync(digest, cancel);
        BlobTag.RequireMatch(http, digest);
        patch.RequireRoom(current.Labels.Keys);
        await client.SetLabelsAsync(digest.ToString(), changes, cancel);
        http.Response.GetTypedHeaders().ETag = BlobTag.Of(digest);
        return TypedResults.Json(ContentView.From(await client.RequireBlobAsync(digest, cancel)), GatewayJson.Options);
    }
}
