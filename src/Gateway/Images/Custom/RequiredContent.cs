using Gateway.Containerd;
using Gateway.Http;
using Gateway.Oci;

namespace Gateway.Images.Custom;

/// <summary>What must stand in the content store before an image can be made of it.</summary>
internal static class RequiredContent
{
    /// <summary>Blobs that a message lists.</summary>
    private const int MaxListed = 8;

    /// <summary>Throws unless all are here.</summary>
    /// <param name="status">409 where the store lost what an image needs, 422 where the caller named what is not there.</param>
    public static async Task RequireAsync(NamespacedClient client, IEnumerable<Digest> blobs, int status, CancellationToken cancel)
    {
        var missing = new List<string>();
        foreach (var digest in blobs.Distinct())
        {
            if (await client.FindAsync(digest.ToString(), cancel) is null)
            {
                missing.Add(digest.ToString());
            }
        }

        if (missing.Count > 0)
        {
            throw Missing(missing, status);
        }
    }

    /// <summary>Adds all to the client's lease, or throws where one is not here.</summary>
    public static async Task HoldAsync(NamespacedClient held, IEnumerable<Digest> blobs, CancellationToken cancel)
    {
        foreach (var digest in blobs.Distinct())
        {
            _ = await held.FindAndHoldAsync(digest.ToString(), cancel) ?? throw Missing([digest.ToString()]);
        }
    }

    public static ProblemException Missing(IReadOnlyList<string> digests, int status = StatusCodes.Status409Conflict)
    {
        var more = digests.Count > MaxListed ? $" and {digests.Count - MaxListed} more" : "";
        return new ProblemException(ProblemKinds.ContentMissing with { Status = status }, $"not in the content store: {string.Join(", ", digests.Take(MaxListed))}{more}");
    }

    /// <summary>Throws where an image would get more layers, or steps in its history, than images may have.</summary>
    public static void RequireRoom(BaseImage from, int layers)
    {
        if (from.Layers.Count + layers > DocumentLimits.MaxLayers || from.Config.History.Count + Math.Max(1, layers) > DocumentLimits.MaxHistory)
        {
            throw new ProblemException(ProblemKinds.TooManyLayers, $"the base has {from.Layers.Count} layers, and {layers} would come on top; at most {DocumentLimits.MaxLayers} are possible");
        }
    }
}
