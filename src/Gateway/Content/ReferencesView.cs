namespace Gateway.Content;

/// <summary>What keeps a blob. Each list has 100 entries at most, and is sorted.</summary>
internal sealed record ReferencesView
{
    /// <summary>The blob.</summary>
    public required string Digest { get; init; }

    /// <summary>Names of images that lead to it.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>Ids of containers that lead to it, or were made from such an image.</summary>
    public required IReadOnlyList<string> Containers { get; init; }

    /// <summary>Ids of leases that hold it, or something that leads to it.</summary>
    public required IReadOnlyList<string> Leases { get; init; }

    /// <summary>Snapshots whose labels lead to it.</summary>
    public required IReadOnlyList<SnapshotReference> Snapshots { get; init; }

    /// <summary>Digests of the content that names it: an index its manifests, a manifest its config and layers.</summary>
    public required IReadOnlyList<string> Parents { get; init; }

    /// <summary>Whether there is more than is listed.</summary>
    public required bool Truncated { get; init; }

    /// <summary>Some of them in words; null where there is none.</summary>
    public string? InWords()
    {
        const int Few = 5;
        var words = Images.Select(name => $"image '{name}'")
            .Concat(Containers.Select(id => $"container '{id}'"))
            .Concat(Leases.Select(id => $"lease '{id}'"))
            .Concat(Snapshots.Select(snapshot => $"snapshot '{snapshot.Key}' of {snapshot.Snapshotter}"))
            .Concat(Parents.Select(digest => $"content {digest}"))
            .Take(Few + 1).ToArray();
        return words.Length is 0 ? null : string.Join(", ", words.Take(Few)) + (words.Length > Few ? " and more" : "");
    }
}

/// <summary>A snapshot.</summary>
/// <param name="Snapshotter">Where it stands.</param>
/// <param name="Key">Its key.</param>
internal sealed record SnapshotReference(string Snapshotter, string Key);
