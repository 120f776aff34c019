using Gateway.Containerd;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>The content store of a namespace as a walk over an image reads it.</summary>
internal static class StoredContent
{
    public static ImageWalk WalkStored(this NamespacedClient client, IReadOnlyList<Platform> platforms, bool passesOverAbsent) => new(
        async (digest, cancel) => (await client.FindAsync(digest.ToString(), cancel))?.Size,
        client.ReadDocumentAsync,
        platforms,
        passesOverAbsent);

    public static Task<byte[]> ReadDocumentAsync(this NamespacedClient client, Digest digest, CancellationToken cancel) =>
        client.ReadAllAsync(digest.ToString(), DocumentLimits.MaxBytes, cancel);
}
