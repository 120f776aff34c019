using Gateway.Containerd.Freshness;
using Gateway.Oci;

namespace Gateway.Images.Reading;

/// <summary>A document behind an image.</summary>
/// <param name="Document">Null where it is not here.</param>
/// <param name="IsImage">Whether it is an image for a platform; attestations and the like are not.</param>
internal sealed record ImageNode(Descriptor Descriptor, OciDocument? Document, bool IsImage);

/// <summary>Finds the documents behind an image's target.</summary>
internal sealed class NodeWalk(NamespaceReading reading, DocumentCache documents)
{
    /// <summary>Documents of one image that are looked into. An index has a handful; a hostile one could lead on and on.</summary>
    private const int MaxDocuments = 256;

    private readonly List<ImageNode> nodes = [];
    private readonly HashSet<Digest> seen = [];

    /// <summary>The target and what its indexes lead to, each once, in their order.</summary>
    public static async Task<IReadOnlyList<ImageNode>> RunAsync(NamespaceReading reading, DocumentCache documents, Descriptor target, CancellationToken cancel)
    {
        var walk = new NodeWalk(reading, documents);
        await walk.AddAsync(target, isImage: true, depth: 1, cancel);
        return walk.nodes;
    }

    private async Task AddAsync(Descriptor entry, bool isImage, int depth, CancellationToken cancel)
    {
        if (depth > DocumentLimits.MaxIndexDepth || nodes.Count >= MaxDocuments || !seen.Add(entry.Digest))
        {
            return;
        }

        var document = await documents.DocumentAsync(reading, entry, cancel);
        nodes.Add(new ImageNode(entry, document, isImage && !MediaTypes.IsIndex(entry.MediaType)));
        if (document is ImageIndex index)
        {
            var images = PlatformMatcher.Images(index).ToHashSet();
            foreach (var child in index.Manifests)
            {
                await AddAsync(child, isImage && images.Contains(child), depth + 1, cancel);
            }
        }
    }
}
