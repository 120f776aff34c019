using Gateway.Containerd.Services.Images;
using Gateway.Oci;
using Google.Protobuf.WellKnownTypes;

namespace Gateway.Images;

/// <summary>An image: containerd's record of a name for a target.</summary>
internal record ImageView
{
    /// <summary>The stored name, normally a normalised reference.</summary>
    public required string Name { get; init; }

    /// <summary>What the name stands for: an index where the image has several platforms, else a manifest.</summary>
    public required TargetView Target { get; init; }

    /// <summary>What the name is.</summary>
    public ImageKind Kind { get; init; }

    /// <summary>Labels of the record; those of containerd are shown but cannot be set.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>When the record was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the record was last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>What each platform of the image holds; only where one image or `view=full` is asked for. Of an index with more the first 64.</summary>
    public IReadOnlyList<ImagePlatformView>? Platforms { get; init; }

    /// <summary>Whether at least one platform is wholly in the content store; with `platforms`, as the sizes are.</summary>
    public bool? Available { get; init; }

    /// <summary>Bytes of all blobs as the documents that are here name them, each digest once; attestations included. Of a larger index the first 256 documents count.</summary>
    public long? CompressedSizeBytes { get; init; }

    /// <summary>Bytes of those blobs that are in the content store.</summary>
    public long? ContentSizeBytes { get; init; }

    /// <summary>Bytes of the unpacked layers of all platforms, in every snapshotter that holds them, each once; absent where there are none.</summary>
    public long? UnpackedSizeBytes { get; init; }

    public static ImageView From(Image image) => new()
    {
        Name = image.Name,
        Target = new TargetView(image.Target.MediaType, image.Target.Digest, image.Target.Size),
        Kind = ImageNames.KindOf(image.Name),
        Labels = new SortedDictionary<string, string>(image.Labels, StringComparer.Ordinal),
        CreatedAt = TimeOf(image.CreatedAt),
        UpdatedAt = TimeOf(image.UpdatedAt),
    };

    // 1.6 fills unset times with year 1.
    private static DateTimeOffset? TimeOf(Timestamp? time) => time is null || time.ToDateTimeOffset().Year is 1 ? null : time.ToDateTimeOffset();
}

/// <summary>What a record's name is.</summary>
internal enum ImageKind
{
    /// <summary>A reference with a tag.</summary>
    Tag,

    /// <summary>A reference with a digest.</summary>
    Digest,

    /// <summary>`sha256:` and the digest of a config: the image id, as Kubernetes' runtime interface stores it beside each image.</summary>
    ConfigId,

    /// <summary>No reference.</summary>
    Other,
}

/// <summary>A descriptor as containerd stores it. The digest is text: records made by others may hold anything.</summary>
/// <param name="MediaType">Media type of the content.</param>
/// <param name="Digest">Digest of the content.</param>
/// <param name="Size">Length of the content in bytes.</param>
internal sealed record TargetView(string MediaType, string Digest, long Size)
{
    public static TargetView From(Descriptor descriptor) => new(descriptor.MediaType, descriptor.Digest.ToString(), descriptor.Size);
}

/// <summary>One platform of an image.</summary>
internal sealed record ImagePlatformView
{
    /// <summary>`os/arch[/variant]`; absent where neither the index nor a config tells.</summary>
    public string? Platform { get; init; }

    /// <summary>What the manifest calls itself where it is an artifact.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>The manifest's descriptor.</summary>
    public required TargetView Manifest { get; init; }

    /// <summary>The config's descriptor; absent while the manifest is not here.</summary>
    public TargetView? ConfigDescriptor { get; init; }

    /// <summary>How a container of this image runs; absent for artifacts and while the config is not here.</summary>
    public ImageConfigView? Config { get; init; }

    /// <summary>How the image was built, oldest step first.</summary>
    public IReadOnlyList<ImageHistoryView>? History { get; init; }

    /// <summary>The layers, lowest first.</summary>
    public IReadOnlyList<ImageLayerView>? Layers { get; init; }

    /// <summary>Whether manifest, config and all layers are in the content store.</summary>
    public required bool Available { get; init; }

    /// <summary>By snapshotter: whether the whole chain of layers is unpacked there.</summary>
    public required IReadOnlyDictionary<string, bool> Unpacked { get; init; }

    /// <summary>Bytes of manifest, config and layers as descriptors name them, each digest once.</summary>
    public long? CompressedSizeBytes { get; init; }

    /// <summary>Bytes of those that are in the content store.</summary>
    public long? ContentSizeBytes { get; init; }

    /// <summary>Bytes of the unpacked chain, in every snapshotter that holds it whole; absent while none does.</summary>
    public long? UnpackedSizeBytes { get; init; }
}

/// <summary>The part of an image config that a container's process is made from.</summary>
internal sealed record ImageConfigView
{
    /// <summary>Program and leading arguments.</summary>
    public required IReadOnlyList<string> Entrypoint { get; init; }

    /// <summary>Arguments, or program and arguments where there is no entrypoint.</summary>
    public required IReadOnlyList<string> Cmd { get; init; }

    /// <summary>Environment, `NAME=value` each.</summary>
    public required IReadOnlyList<string> Env { get; init; }

    /// <summary>User, and group after a colon.</summary>
    public string? User { get; init; }

    /// <summary>Working directory.</summary>
    public string? WorkingDir { get; init; }

    /// <summary>Ports, `80/tcp` each.</summary>
    public required IReadOnlyList<string> ExposedPorts { get; init; }

    /// <summary>Paths that should be volumes.</summary>
    public required IReadOnlyList<string> Volumes { get; init; }

    /// <summary>Signal that asks the process to end.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Labels of the config.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
}

/// <summary>One step of an image's history.</summary>
internal sealed record ImageHistoryView
{
    /// <summary>When the step ran.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The command of the step.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Who made it.</summary>
    public string? Author { get; init; }

    /// <summary>A remark.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether the step made no layer.</summary>
    public bool EmptyLayer { get; init; }
}

/// <summary>One layer of an image.</summary>
internal sealed record ImageLayerView
{
    /// <summary>Digest of the layer as it is stored.</summary>
    public required string Digest { get; init; }

    /// <summary>Length in bytes as it is stored.</summary>
    public required long Size { get; init; }

    /// <summary>Media type.</summary>
    public required string MediaType { get; init; }

    /// <summary>Digest of the uncompressed layer; absent while the config is not here.</summary>
    public string? DiffId { get; init; }

    /// <summary>Digest of the stack up to this layer: the key of its snapshot.</summary>
    public string? ChainId { get; init; }

    /// <summary>Whether the layer is in the content store.</summary>
    public required bool Present { get; init; }
}
