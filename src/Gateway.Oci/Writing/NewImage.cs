namespace Gateway.Oci.Writing;

/// <summary>What a new image has beyond the one it is made from.</summary>
public sealed record NewImage
{
    /// <summary>The layers on top, lowest first. None: only the config changes.</summary>
    public required IReadOnlyList<NewLayer> Layers { get; init; }

    /// <summary>Changes of how it runs.</summary>
    public required ConfigChanges Changes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>What made it, for its history.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Who made it; null leaves the base's author in the config.</summary>
    public string? Author { get; init; }

    /// <summary>A remark, which its last step gets.</summary>
    public string? Comment { get; init; }
}

/// <summary>A layer on top.</summary>
/// <param name="Descriptor">The stored layer, with the media type it has in the new manifest.</param>
/// <param name="DiffId">The digest of its tar.</param>
public sealed record NewLayer(Descriptor Descriptor, Digest DiffId);
