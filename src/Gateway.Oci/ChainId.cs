using System.Text;

namespace Gateway.Oci;

/// <summary>The names of layer stacks: a chain id names a layer together with all the layers below it.</summary>
/// <remarks>image-spec v1.1 config.md, "Layer ChainID". containerd's snapshotters use chain ids as the names of committed snapshots.</remarks>
public static class ChainId
{
    /// <summary>One chain id for each diff id, from the lowest layer up; the last names the whole image. Empty for no layers.</summary>
    public static IReadOnlyList<Digest> Of(IReadOnlyList<Digest> diffIds)
    {
        var chain = new Digest[diffIds.Count];
        for (var layer = 0; layer < chain.Length; layer++)
        {
            // The lowest layer's chain id is its diff id. Above, it is always a SHA-256, of the two digests as text.
            chain[layer] = layer is 0 ? diffIds[0] : Digest.Of(Encoding.ASCII.GetBytes($"{chain[layer - 1]} {diffIds[layer]}"));
        }

        return chain;
    }
}
