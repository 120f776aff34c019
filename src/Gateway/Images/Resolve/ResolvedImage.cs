namespace Gateway.Images.Resolve;

/// <summary>What a reference stands for at its registry, and what of it is here.</summary>
internal sealed record ResolvedImage
{
    /// <summary>The normalised reference, which a pull would store the image under.</summary>
    public required string Reference { get; init; }

    /// <summary>Digest of the index or manifest that the reference stands for now.</summary>
    public required string Digest { get; init; }

    /// <summary>Its media type.</summary>
    public required string MediaType { get; init; }

    /// <summary>Its length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>What the image is there for; those that a pull would bring are `selected` and come first.</summary>
    public required IReadOnlyList<ResolvedPlatform> Platforms { get; init; }

    /// <summary>Bytes of all that a pull needs: documents and layers of the selected platforms, each digest once.</summary>
    public required long BytesTotal { get; init; }

    /// <summary>Those of them that are in this namespace's content store.</summary>
    public required long BytesHere { get; init; }

    /// <summary>Those that a pull would fetch.</summary>
    public required long BytesToFetch { get; init; }

    /// <summary>Whether the stored image of this name is another one, or there is none.</summary>
    public required bool Changed { get; init; }

    /// <summary>What the stored image stands for; absent where there is none.</summary>
    public string? CurrentDigest { get; init; }
}

/// <summary>One platform of a resolved image.</summary>
internal sealed record ResolvedPlatform
{
    /// <summary>`os/arch[/variant]`; absent where neither the index nor the config tells.</summary>
    public string? Platform { get; init; }

    /// <summary>Digest of its manifest.</summary>
    public required string Digest { get; init; }

    /// <summary>Length of the manifest in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Whether a pull with this request would bring it.</summary>
    public required bool Selected { get; init; }

    /// <summary>Digest of its config; only where it is selected.</summary>
    public string? ConfigDigest { get; init; }

    /// <summary>Its layers; only where it is selected.</summary>
    public int? Layers { get; init; }

    /// <summary>Bytes of its manifest, config and layers, each digest once; only where it is selected.</summary>
    public long? Bytes { get; init; }
}
