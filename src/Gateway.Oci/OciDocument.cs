using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>An index or a manifest, parsed strictly: what a registry sends is a stranger's.</summary>
/// <remarks>
/// A document must be what its descriptor announced. Documents that read as one kind here and as another elsewhere are how one digest means two
/// images (CVE-2021-41190), so a document with the fields of both kinds is refused, and so are duplicate keys.
/// </remarks>
public abstract record OciDocument
{
    /// <summary>Largest index, manifest or config accepted, in bytes: 4 MiB (distribution-spec v1.1, "Pushing Manifests").</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>Entries of one index. The largest known have a few dozen.</summary>
    public const int MaxIndexEntries = 1000;

    /// <summary>Layers of one manifest. overlayfs mounts at most 500 in one go; containerd's own images stay far below.</summary>
    public const int MaxLayers = 512;

    private const int MaxDepth = 32;
    private const int MaxMediaTypeLength = 255;

    internal static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        AllowDuplicateProperties = false,
        MaxDepth = MaxDepth,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>The media type the document was announced with.</summary>
    [JsonIgnore]
    public string MediaType { get; private init; } = "";

    /// <summary>Parses a document of the announced type, or throws <see cref="OciException"/>.</summary>
    public static OciDocument Parse(ReadOnlySpan<byte> bytes, string mediaType)
    {
        if (MediaTypes.IsSchema1(mediaType))
        {
            throw Invalid("a Docker schema 1 manifest is not supported; push the image again with a current tool");
        }

        RequireKind(bytes, mediaType);
        OciDocument document = MediaTypes.IsIndex(mediaType) ? Read<ImageIndex>(bytes, "index")
            : MediaTypes.IsManifest(mediaType) ? Read<ImageManifest>(bytes, "manifest")
            : throw Invalid($"'{Shown(mediaType)}' is neither an index nor a manifest");
        document.Check();
        return document with { MediaType = mediaType };
    }

    internal static T Read<T>(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Length > MaxBytes)
        {
            throw new OciException(OciFault.ManifestTooLarge, $"the {what} is larger than {MaxBytes} bytes");
        }

        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Json) ?? throw Invalid($"the {what} is null");
        }
        catch (JsonException malformed)
        {
            throw new OciException(OciFault.ManifestInvalid, $"the {what} is malformed at {Shown(malformed.Path ?? "$")}", malformed);
        }
    }

    internal static OciException Invalid(string message) => new(OciFault.ManifestInvalid, message);

    internal static void CheckDescriptor(Descriptor? descriptor, string what)
    {
        if (descriptor is null)
        {
            throw Invalid($"{what} is null");
        }

        if (descriptor.MediaType is null || descriptor.MediaType.Length is 0 or > MaxMediaTypeLength || !IsMediaType(descriptor.MediaType))
        {
            throw Invalid($"{what} has no valid media type");
        }

        // containerd's fetcher refuses 0, too: no blob an image is made of is empty.
        if (descriptor.Size <= 0)
        {
            throw Invalid($"{what} has a size of {descriptor.Size} bytes");
        }
    }

    private protected abstract void Check();

    private protected static string Shown(string text) => new(text.Take(100).Select(c => char.IsAsciiLetterOrDigit(c) || "./+-_$[]".Contains(c) ? c : '?').ToArray());

    // RFC 6838, 4.2: type "/" subtype of restricted-name characters.
    private static bool IsMediaType(string text) =>
        text.Count(c => c is '/') is 1 && text[0] is not '/' && text[^1] is not '/'
        && text.All(c => char.IsAsciiLetterOrDigit(c) || "/!#$&-^_.+".Contains(c));

    private static void RequireKind(ReadOnlySpan<byte> bytes, string mediaType)
    {
        var facts = Read<DocumentFacts>(bytes, "document");
        if (facts.SchemaVersion is not 2 || facts.FsLayers is not null)
        {
            throw Invalid(facts.SchemaVersion is 1 || facts.FsLayers is not null
                ? "a Docker schema 1 manifest is not supported; push the image again with a current tool"
                : "the document's schemaVersion is not 2");
        }

        if (facts.MediaType is not null && facts.MediaType != mediaType)
        {
            throw Invalid($"the document calls itself '{Shown(facts.MediaType)}' but was announced as '{Shown(mediaType)}'");
        }

        var (hasManifests, hasLayers) = (facts.Manifests is not null, facts.Layers is not null || facts.Config is not null);
        if (hasManifests && hasLayers)
        {
            throw Invalid("the document has the fields of an index and of a manifest");
        }

        if (MediaTypes.IsIndex(mediaType) ? hasLayers : hasManifests)
        {
            throw Invalid($"the document was announced as '{Shown(mediaType)}' but has the fields of the other kind");
        }

        // Go reads field names whatever their case, so "Layers" beside "layers" is another document there.
        if (facts.Others?.Keys.FirstOrDefault(key => DocumentFacts.Names.Contains(key)) is { } twin)
        {
            throw Invalid($"the document spells the field '{Shown(twin)}' in another case");
        }
    }

    private sealed record DocumentFacts
    {
        public static readonly HashSet<string> Names = new(StringComparer.OrdinalIgnoreCase)
        {
            "schemaVersion", "mediaType", "manifests", "layers", "config", "fsLayers",
        };

        public int SchemaVersion { get; init; }

        public string? MediaType { get; init; }

        public JsonElement? Manifests { get; init; }

        public JsonElement? Layers { get; init; }

        public JsonElement? Config { get; init; }

        public JsonElement? FsLayers { get; init; }

        [JsonExtensionData]
        public Dictionary<string, JsonElement>? Others { get; init; }
    }
}
