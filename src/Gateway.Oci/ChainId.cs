using System.Text;

namespace Gateway.Oci;

/// <summary>Names stacks of layers (image-spec v1.1 config.md, "Layer ChainID").</summary>
public static class ChainId
{
    /// <summary>
    /// The chain id of each stack from the lowest layer up: the first is the first diff id, each next is the SHA-256 of the one below, a blank,
    /// and its own diff id.
    /// </summary>
    public static IReadOnlyList<Digest> Of(IReadOnlyList<Digest> diffIds)
    {
        var chain = new Digest[diffIds.Count];
        for (var i = 0; i < chain.Length; i++)
        {
            chain[i] = i is 0 ? diffIds[0] : Digest.Of(Encoding.ASCII.GetBytes($"{chain[i - 1]} {diffIds[i]}"));
        }

        return chain;
    }
}
