using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images.Push;

/// <summary>What a push brings into a registry, all of it here and held.</summary>
/// <param name="Top">What the tag will name.</param>
/// <param name="Blobs">Configs and layers, each once, in the order they are named.</param>
/// <param name="Manifests">Manifests below the top that are no index.</param>
/// <param name="Indexes">Indexes below the top, each after those it names.</param>
/// <param name="Foreign">Layers that a registry need not have, here or not.</param>
internal sealed record PushPlan(
    Descriptor Top, IReadOnlyList<Descriptor> Blobs, IReadOnlyList<Descriptor> Manifests, IReadOnlyList<Descriptor> Indexes, IReadOnlyList<Descriptor> Foreign)
{
    /// <summary>A target with a digest can only be pushed what has that digest.</summary>
    public static void RequireFits(ImageReference target, Digest digest)
    {
        if (target.Digest is { } named && named != digest)
        {
            throw ProblemException.InvalidField("target", $"names {named}, but what is pushed is {digest}; name a tag");
        }
    }
}
