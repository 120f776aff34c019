using System.Globalization;
using Gateway.Containerd;
using Gateway.Oci;

namespace Gateway.Images;

/// <summary>The labels that lead the garbage collector from a document to what it names; numbered as containerd's own clients number them.</summary>
internal static class GcLabels
{
    public static Dictionary<string, string> Of(OciDocument document) => document switch
    {
        ImageIndex index => OfIndex(index, index.Manifests),
        ImageManifest manifest => OfManifest(manifest),
        _ => [],
    };

    /// <summary>Those of an index of which only some entries are kept.</summary>
    public static Dictionary<string, string> OfIndex(ImageIndex index, IReadOnlyList<Descriptor> kept)
    {
        var digests = kept.Select(entry => entry.Digest).ToHashSet();
        return Numbered("m", index.Manifests, entry => digests.Contains(entry.Digest));
    }

    private static Dictionary<string, string> OfManifest(ImageManifest manifest)
    {
        var labels = Numbered("l", manifest.Layers, _ => true);
        labels[$"{LabelNames.GcRefContent}.config"] = manifest.Config.Digest.ToString();
        return labels;
    }

    private static Dictionary<string, string> Numbered(string kind, IReadOnlyList<Descriptor> children, Func<Descriptor, bool> isKept) => children
        .Select((child, i) => (Child: child, Key: string.Create(CultureInfo.InvariantCulture, $"{LabelNames.GcRefContent}.{kind}.{i}")))
        .Where(label => isKept(label.Child))
        .ToDictionary(label => label.Key, label => label.Child.Digest.ToString(), StringComparer.Ordinal);
}
