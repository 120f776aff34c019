namespace Gateway.Images.Prune;

/// <summary>Why an image went, or would go.</summary>
internal enum PruneReason
{
    /// <summary>Nothing uses it.</summary>
    Unused,

    /// <summary>Nothing uses it and no tag leads to it.</summary>
    Untagged,
}

/// <summary>Why an image stayed that was chosen otherwise.</summary>
internal enum KeepReason
{
    /// <summary>Kubernetes' runtime has pinned it.</summary>
    Pinned,

    /// <summary>A container was made from it, or its snapshot stands on the image's.</summary>
    UsedByContainer,

    /// <summary>A queued or running job names it.</summary>
    NeededByJob,

    /// <summary>Somebody's lease holds content or snapshots of it.</summary>
    Leased,

    /// <summary>Its record was written while the prune ran.</summary>
    Changed,
}

/// <summary>An image that went, or would go.</summary>
internal sealed record PrunedImage(string Name, string Digest, DateTimeOffset? CreatedAt, PruneReason Reason);

/// <summary>An image that was chosen, but stays.</summary>
internal sealed record KeptImage(string Name, string Digest, KeepReason Reason);

/// <summary>What a prune did, or would do.</summary>
internal sealed record PruneResult
{
    // The result is stored with the job and sent whole.
    private const int MaxPruned = 1000;
    private const int MaxKept = 100;

    /// <summary>Whether all is as it was.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Images that went, by name; the first 1000.</summary>
    public required IReadOnlyList<PrunedImage> Images { get; init; }

    /// <summary>How many went.</summary>
    public required int Pruned { get; init; }

    /// <summary>Images that were chosen but are needed, by name; the first 100.</summary>
    public required IReadOnlyList<KeptImage> KeptImages { get; init; }

    /// <summary>How many were chosen but are needed.</summary>
    public required int Kept { get; init; }

    /// <summary>Bytes of blobs and snapshots this namespace no longer has, as found after the garbage collection. Blobs that another namespace has too stay on the disk.</summary>
    public required long BytesFreed { get; init; }

    public static PruneResult Of(bool dryRun, IEnumerable<PrunedImage> pruned, IEnumerable<KeptImage> kept, long bytesFreed)
    {
        var went = pruned.OrderBy(image => image.Name, StringComparer.Ordinal).ToArray();
        var stayed = kept.OrderBy(image => image.Name, StringComparer.Ordinal).ToArray();
        return new PruneResult
        {
            DryRun = dryRun,
            Images = [.. went.Take(MaxPruned)],
            Pruned = went.Length,
            KeptImages = [.. stayed.Take(MaxKept)],
            Kept = stayed.Length,
            BytesFreed = bytesFreed,
        };
    }
}
