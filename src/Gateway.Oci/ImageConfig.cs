using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>An image configuration (image-spec v1.1 config.md); Docker's has the same fields.</summary>
public sealed record ImageConfig
{
    /// <summary>Architecture in Go's words.</summary>
    public string? Architecture { get; init; }

    /// <summary>Operating system.</summary>
    public string? Os { get; init; }

    /// <summary>CPU variant.</summary>
    public string? Variant { get; init; }

    /// <summary>Version of the operating system.</summary>
    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    /// <summary>How a container of the image runs.</summary>
    public ProcessConfig? Config { get; init; }

    /// <summary>The layers' uncompressed digests.</summary>
    [JsonPropertyName("rootfs")]
    public required RootFs RootFs { get; init; }

    /// <summary>How the image was built.</summary>
    public IReadOnlyList<HistoryStep> History { get; init; } = [];

    /// <summary>Digests of the uncompressed layers, lowest first.</summary>
    [JsonIgnore]
    public IReadOnlyList<Digest> DiffIds => RootFs.DiffIds;

    /// <summary>What the image is for, in normal form; Linux on amd64 where it does not say, as Docker took it.</summary>
    [JsonIgnore]
    public Platform Platform => new Platform
    {
        Os = string.IsNullOrEmpty(Os) ? "linux" : Os,
        Architecture = string.IsNullOrEmpty(Architecture) ? "amd64" : Architecture,
        Variant = Variant,
        OsVersion = OsVersion,
    }.Normalised();

    /// <summary>Parses a config, or throws <see cref="OciException"/>.</summary>
    public static ImageConfig Parse(ReadOnlySpan<byte> bytes)
    {
        var config = OciDocument.Read<ImageConfig>(bytes, "image config");
        if (config.RootFs?.DiffIds is null || config.RootFs.DiffIds.Count > OciDocument.MaxLayers)
        {
            throw OciDocument.Invalid($"the image config names {config.RootFs?.DiffIds?.Count.ToString() ?? "no"} diff ids; at most {OciDocument.MaxLayers} are accepted");
        }

        return config with { History = config.History ?? [] };
    }

    /// <summary>Throws unless the config names one diff id a layer.</summary>
    public void RequireFits(ImageManifest manifest)
    {
        if (DiffIds.Count != manifest.Layers.Count)
        {
            throw OciDocument.Invalid($"the image config names {DiffIds.Count} diff ids, but the manifest has {manifest.Layers.Count} layers");
        }
    }
}

/// <summary>The <c>rootfs</c> of a config.</summary>
public sealed record RootFs
{
    /// <summary>Digests of the uncompressed layers, lowest first.</summary>
    [JsonPropertyName("diff_ids")]
    public required IReadOnlyList<Digest> DiffIds { get; init; }
}

/// <summary>The <c>config</c> of a config: defaults of a container's process. Field names are Go's.</summary>
public sealed record ProcessConfig
{
    /// <summary>User, and group after a colon.</summary>
    [JsonPropertyName("User")]
    public string? User { get; init; }

    /// <summary>Environment, <c>NAME=value</c> each.</summary>
    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>Program and leading arguments.</summary>
    [JsonPropertyName("Entrypoint")]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>Arguments.</summary>
    [JsonPropertyName("Cmd")]
    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Working directory.</summary>
    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    /// <summary>Signal that asks the process to end.</summary>
    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }

    /// <summary>Labels.</summary>
    [JsonPropertyName("Labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Ports as the keys of an object, Go's set.</summary>
    [JsonPropertyName("ExposedPorts")]
    public IReadOnlyDictionary<string, JsonElement>? ExposedPortSet { get; init; }

    /// <summary>Volumes as the keys of an object, Go's set.</summary>
    [JsonPropertyName("Volumes")]
    public IReadOnlyDictionary<string, JsonElement>? VolumeSet { get; init; }

    /// <summary>Ports, <c>80/tcp</c> each, sorted.</summary>
    [JsonIgnore]
    public IReadOnlyList<string>? ExposedPorts => ExposedPortSet?.Keys.Order(StringComparer.Ordinal).ToArray();

    /// <summary>Paths that should be volumes, sorted.</summary>
    [JsonIgnore]
    public IReadOnlyList<string>? Volumes => VolumeSet?.Keys.Order(StringComparer.Ordinal).ToArray();
}

/// <summary>One step of a config's history.</summary>
public sealed record HistoryStep
{
    /// <summary>When, as the config says.</summary>
    public string? Created { get; init; }

    /// <summary>The command.</summary>
    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    /// <summary>Who made it.</summary>
    public string? Author { get; init; }

    /// <summary>A remark.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether the step made no layer.</summary>
    [JsonPropertyName("empty_layer")]
    public bool EmptyLayer { get; init; }
}
