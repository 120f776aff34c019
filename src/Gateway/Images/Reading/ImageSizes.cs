using Gateway.Oci;

namespace Gateway.Images.Reading;

/// <summary>Adds up what belongs to an image, each blob and each snapshot once.</summary>
internal sealed class ImageSizes
{
    private readonly Dictionary<Digest, (long Named, long? Here)> blobs = [];
    private readonly Dictionary<(string Snapshotter, Digest ChainId), long> snapshots = [];

    /// <summary>Bytes as descriptors name them, whether they are here or not.</summary>
    public long Compressed => blobs.Values.Sum(blob => blob.Named);

    /// <summary>Bytes in the content store.</summary>
    public long Content => blobs.Values.Sum(blob => blob.Here ?? 0);

    /// <summary>Bytes of snapshots; null where nothing is unpacked.</summary>
    public long? Unpacked => snapshots.Count is 0 ? null : snapshots.Values.Sum();

    public void Add(Descriptor blob, long? here) => blobs[blob.Digest] = (blob.Size, here);

    public void Add(string snapshotter, Digest chainId, long size) => snapshots[(snapshotter, chainId)] = size;

    public void Add(ImageSizes part)
    {
        foreach (var (digest, sizes) in part.blobs)
        {
            blobs[digest] = sizes;
        }

        foreach (var (name, size) in part.snapshots)
        {
            snapshots[name] = size;
        }
    }
}
