using Gateway.Oci;

namespace Gateway.Images.Pull;

/// <summary>What a reference resolved to, once its documents are in the content store.</summary>
/// <param name="Target">What the image record will name: the index where there is one.</param>
/// <param name="Images">The manifests that were wanted, each with its config.</param>
internal sealed record PullPlan(Descriptor Target, IReadOnlyList<PlannedImage> Images)
{
    /// <summary>What is still to come: each digest once, in the order the chains need them.</summary>
    public IEnumerable<Descriptor> Blobs => Images
        .SelectMany(image => image.Config is null ? image.Manifest.Layers.Prepend(image.Manifest.Config) : image.Manifest.Layers)
        .DistinctBy(layer => layer.Digest);

    /// <summary>Those to unpack. Layers of another operating system hold what this node's snapshotter cannot; they are kept as content.</summary>
    public PlannedImage[] Unpacked(PullWork work) => Images.Where(image => work.Unpack && image.Config?.Platform?.Os == Platform.Host.Os).ToArray();
}

/// <summary>One manifest to complete.</summary>
/// <param name="Config">Null for an artifact.</param>
internal sealed record PlannedImage(Descriptor Descriptor, ImageManifest Manifest, ImageConfig? Config);
