namespace Gateway.Containerd;

/// <summary>Names something the garbage collector may take, in the words that leases use.</summary>
/// <param name="Type"><c>content</c>, <c>snapshots/&lt;snapshotter&gt;</c>; on leases also <c>ingests</c> and <c>images</c>.</param>
/// <param name="Id">Digest, key or name.</param>
public readonly record struct ResourceKey(string Type, string Id)
{
    private const string ContentType = "content";
    private const string SnapshotPrefix = "snapshots/";

    /// <summary>A blob.</summary>
    public static ResourceKey Content(string digest) => new(ContentType, digest);

    /// <summary>A snapshot.</summary>
    public static ResourceKey Snapshot(string snapshotter, string key) => new(SnapshotPrefix + snapshotter, key);

    /// <summary>Whether it is a blob.</summary>
    public bool IsContent => Type is ContentType;

    /// <summary>The snapshotter's name; null where this is no snapshot.</summary>
    public string? Snapshotter => Type.StartsWith(SnapshotPrefix, StringComparison.Ordinal) ? Type[SnapshotPrefix.Length..] : null;

    /// <summary>What labels of a blob, snapshot, image or container lead to.</summary>
    public static IEnumerable<ResourceKey> NamedBy(IEnumerable<KeyValuePair<string, string>> labels)
    {
        foreach (var (key, value) in labels)
        {
            if (key.StartsWith(LabelNames.GcRefContent, StringComparison.Ordinal) && (key.Length == LabelNames.GcRefContent.Length || key[LabelNames.GcRefContent.Length] is '.' or '/'))
            {
                yield return Content(value);
            }
            else if (key.StartsWith(LabelNames.GcRefSnapshotPrefix, StringComparison.Ordinal))
            {
                // A suffix after a slash only tells several of one snapshotter apart.
                yield return Snapshot(key[LabelNames.GcRefSnapshotPrefix.Length..].Split('/')[0], value);
            }
        }
    }
}
