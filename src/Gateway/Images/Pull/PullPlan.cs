using Gateway.Oci;

namespace Gateway.Images.Pull;

/// <summary>What a reference resolved to, once its documents are in the content store.</summary>
/// <param name="Target">What the image record will name: the index where there is one.</param>
/// <param name="Images">The manifests that were wanted, each with its config.</param>
internal sealed record PullPlan(Descriptor Target, IReadOnlyList<PlannedImage> Images);

/// <summary>One manifest to complete.</summary>
/// <param name="Config">Null for an artifact.</param>
internal sealed record PlannedImage(Descriptor Descriptor, ImageManifest Manifest, ImageConfig? Config);
