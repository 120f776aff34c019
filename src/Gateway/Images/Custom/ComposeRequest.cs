using Gateway.Oci;

namespace Gateway.Images.Custom;

/// <summary>A new image from layers that stand in the content store, on a base or on nothing.</summary>
internal sealed record ComposeRequest
{
    /// <summary>Name of the image to build upon: as it is stored, or a reference that normalises to it. Default: nothing.</summary>
    public string? Base { get; init; }

    /// <summary>Name of the new image, normalised the Docker way. One that is there moves to the new image. It may hold no digest.</summary>
    public required string Reference { get; init; }

    /// <summary>The layers on top of the base's, lowest first. None: only the config changes, which takes a base. At most 512 with the base's.</summary>
    public required IReadOnlyList<ComposedLayer> Layers { get; init; }

    /// <summary>Changes of how the image runs.</summary>
    public CustomConfig? Config { get; init; }

    /// <summary>Who made it, at most 256 characters.</summary>
    public string? Author { get; init; }

    /// <summary>A remark for its history, at most 4096 characters.</summary>
    public string? Message { get; init; }

    /// <summary>When it was made, RFC 3339. Default: now. The same request with the same time gives the same digest on every node.</summary>
    public string? Timestamp { get; init; }

    /// <summary>`os/arch[/variant]`: which platform of the base, or the new image's own. Default: the node's, or the only one the base has.</summary>
    public string? Platform { get; init; }

    /// <summary>Where to unpack to. Default: the gateway's `Containerd:DefaultSnapshotter`.</summary>
    public string? Snapshotter { get; init; }

    /// <summary>Whether to unpack the layers, so that a container can start at once.</summary>
    public bool Unpack { get; init; } = true;
}

/// <summary>A layer of the content store.</summary>
internal sealed record ComposedLayer
{
    /// <summary>Its digest.</summary>
    public required string Digest { get; init; }

    /// <summary>What it is expected to be, tar, gzip or zstd, as an OCI or Docker layer type. Default: what its first bytes tell.</summary>
    public string? MediaType { get; init; }
}

/// <summary>A compose as the job keeps it.</summary>
internal sealed record ComposeWork
{
    /// <summary>The normalised name.</summary>
    public required string Reference { get; init; }

    /// <summary>The base's manifest: a tag may move while the job waits. Null: made from nothing.</summary>
    public Descriptor? Base { get; init; }

    /// <summary>Platform of an image that is made from nothing.</summary>
    public required string Platform { get; init; }

    public required IReadOnlyList<ComposedLayer> Layers { get; init; }

    public CustomConfig? Config { get; init; }

    public string? Author { get; init; }

    public string? Message { get; init; }

    /// <summary>Fixed when the job was taken, so that a second attempt makes the same image.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Null: not unpacked.</summary>
    public string? Snapshotter { get; init; }
}
