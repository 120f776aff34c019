using Gateway.Containerd;
using Gateway.Oci;

namespace Gateway.Images.Push;

/// <summary>Which repository of the target's registry a blob is known to have come from, so that the registry may take it from there.</summary>
internal static class MountSource
{
    /// <summary>The known repository that shares most with the target's path, for it is likeliest to be the caller's own; null where none is known.</summary>
    public static string? Of(IReadOnlyDictionary<string, string> labels, ImageReference target)
    {
        if (!labels.TryGetValue(LabelNames.DistributionSourcePrefix + target.Domain.Split(':')[0], out var known))
        {
            return null;
        }

        // The label may have been written by anyone who writes to containerd: only what is a repository's path is sent.
        return known.Split(',')
            .Where(path => path != target.Path && ImageReference.TryParse($"{target.Domain}/{path}", out var parsed) && parsed.Path == path)
            .OrderByDescending(path => SharedParts(path, target.Path))
            .ThenBy(path => path, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private static int SharedParts(string one, string other) => one.Split('/').Zip(other.Split('/')).TakeWhile(pair => pair.First == pair.Second).Count();
}
