using Gateway.Containerd.Services.Images;
using Gateway.Oci;

namespace Gateway.Images.Prune;

/// <summary>Records that go together or not at all: in general one, in Kubernetes' namespace all that name one target.</summary>
/// <param name="Family">All records of the target, the chosen ones among them: what uses one of them uses the image.</param>
internal sealed record PruneUnit(IReadOnlyList<Image> Records, IReadOnlyList<Image> Family, PruneReason Reason);

/// <summary>Which images a prune is about, by what their records say; whether they are needed is another question.</summary>
internal static class PruneChoice
{
    /// <summary>Kubernetes' runtime keeps up to three records an image, and takes half an image for a broken one.</summary>
    private const string KubernetesNamespace = "k8s.io";

    /// <param name="matching">Names that the request's filters match; null where it has none.</param>
    /// <param name="changedBefore">Only records last changed before this; null for all.</param>
    public static IEnumerable<PruneUnit> Of(
        string containerdNamespace, IReadOnlyList<Image> images, IReadOnlySet<string>? matching, DateTimeOffset? changedBefore, bool unused) => images
        .GroupBy(image => image.Target.Digest, StringComparer.Ordinal)
        .Where(family => unused || !family.Any(IsTagged))
        .SelectMany(family => Units(family.ToArray(), whole: containerdNamespace is KubernetesNamespace))
        .Where(unit => matching is null || unit.Records.Any(record => matching.Contains(record.Name)))
        .Where(unit => changedBefore is null || unit.Records.All(record => ChangedAt(record) < changedBefore));

    private static IEnumerable<PruneUnit> Units(Image[] family, bool whole)
    {
        var reason = family.Any(IsTagged) ? PruneReason.Unused : PruneReason.Untagged;
        return whole ? [new PruneUnit(family, family, reason)] : family.Select(record => new PruneUnit([record], family, reason));
    }

    // "sha256:<hex>" reads as a repository and its tag, but is the name Kubernetes' runtime gives to an image id.
    private static bool IsTagged(Image image) =>
        !Digest.TryParse(image.Name, out _) && ImageReference.TryParse(image.Name, out var reference) && reference.Tag is not null;

    // A record without times is as old as can be.
    private static DateTimeOffset ChangedAt(Image image) => (image.UpdatedAt ?? image.CreatedAt)?.ToDateTimeOffset() ?? DateTimeOffset.MinValue;
}
