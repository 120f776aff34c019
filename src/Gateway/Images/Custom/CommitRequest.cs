using Gateway.Oci;

namespace Gateway.Images.Custom;

/// <summary>A new image from what a container or an active snapshot has changed: `container`, or `snapshotter`, `snapshot` and `base`.</summary>
internal sealed record CommitRequest
{
    /// <summary>Id of the container whose changes become a layer. Its image is the base.</summary>
    public string? Container { get; init; }

    /// <summary>Snapshotter of `snapshot`.</summary>
    public string? Snapshotter { get; init; }

    /// <summary>Key of an active snapshot that stands directly on the base's layers.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Name of the image that `snapshot` was prepared from: as it is stored, or a reference that normalises to it.</summary>
    public string? Base { get; init; }

    /// <summary>Name of the new image, normalised the Docker way. One that is there moves to the new image. It may hold no digest.</summary>
    public required string Reference { get; init; }

    /// <summary>Changes of how the image runs.</summary>
    public CustomConfig? Config { get; init; }

    /// <summary>Who made it, at most 256 characters.</summary>
    public string? Author { get; init; }

    /// <summary>A remark for its history, at most 4096 characters.</summary>
    public string? Message { get; init; }

    /// <summary>When it was made, RFC 3339. Default: now. On containerd 1.7 and later no file of the layer is then younger.</summary>
    public string? Timestamp { get; init; }

    /// <summary>Type of the layer, OCI's for tar, tar+gzip (default) or tar+zstd (containerd 2.x). On a Docker base it is written as Docker's name for it.</summary>
    public string? MediaType { get; init; }
}

/// <summary>A commit as the job keeps it.</summary>
internal sealed record CommitWork
{
    /// <summary>The normalised name.</summary>
    public required string Reference { get; init; }

    public required string Snapshotter { get; init; }

    /// <summary>Key of the active snapshot.</summary>
    public required string Snapshot { get; init; }

    /// <summary>The base's manifest: a tag may move while the job waits.</summary>
    public required Descriptor Base { get; init; }

    public CustomConfig? Config { get; init; }

    public string? Author { get; init; }

    public string? Message { get; init; }

    /// <summary>Fixed when the job was taken, so that a second attempt makes the same image.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether the caller gave the time.</summary>
    public required bool IsDated { get; init; }

    public required string MediaType { get; init; }
}
