using System.Text.Json;

namespace Gateway.Oci;

/// <summary>Reads descriptors out of documents (image-spec v1.1 descriptor.md).</summary>
internal static class DescriptorReader
{
    private const int MaxOsFeatures = 64;
    private const int MaxUrls = 64;

    private static readonly string[] Names = ["mediaType", "digest", "size", "platform", "artifactType", "annotations", "urls"];
    private static readonly string[] PlatformNames = ["os", "architecture", "variant", "os.version", "os.features"];

    public static Descriptor Read(DocumentFields parent, JsonElement element, string at, bool allowForeign = false)
    {
        var fields = parent.At(element, at, Names);
        var urls = fields.Texts("urls", MaxUrls);
        var mediaType = fields.MediaType("mediaType") ?? throw fields.Invalid("mediaType", "is missing");
        if (!allowForeign && (urls.Count > 0 || MediaTypes.IsForeign(mediaType)))
        {
            // Never followed: CVE-2020-15157. And a registry does not have the bytes.
            throw parent.Invalid(at,
                "is a foreign layer, one that is to be fetched from elsewhere than the registry; foreign layers are not supported");
        }

        return new Descriptor
        {
            MediaType = mediaType,
            Digest = fields.RequiredDigest("digest"),
            Size = fields.Number("size") is { } size and > 0 ? size : throw fields.Invalid("size", "is missing or not above 0"),
            Platform = fields.Object("platform", PlatformNames) is { } platform ? ReadPlatform(platform) : null,
            ArtifactType = fields.MediaType("artifactType"),
            Annotations = fields.Map("annotations"),
            Urls = urls is [] ? null : urls,
        };
    }

    public static Descriptor? ReadOptional(DocumentFields parent, string name) =>
        parent.Value(name) is { } element ? Read(parent, element, name) : null;

    /// <summary>A platform in normal form. As in containerd a missing os is the host's; without an architecture it is an unknown platform.</summary>
    public static Platform ReadPlatform(DocumentFields fields)
    {
        var architecture = Word(fields, "architecture");
        return new Platform
        {
            Os = Word(fields, "os") ?? (architecture is null ? "unknown" : Platform.Host.Os),
            Architecture = architecture ?? "unknown",
            Variant = Word(fields, "variant"),
            OsVersion = Word(fields, "os.version"),
            OsFeatures = OsFeatures(fields),
        }.Normalised();
    }

    private static IReadOnlyList<string>? OsFeatures(DocumentFields fields)
    {
        var features = fields.Texts("os.features", MaxOsFeatures);
        return features.All(Platform.IsWord)
            ? features is [] ? null : features
            : throw fields.Invalid("os.features", "are not all words");
    }

    private static string? Word(DocumentFields fields, string name) => fields.Text(name) switch
    {
        null or "" => null,
        var text when Platform.IsWord(text) => text,
        _ => throw fields.Invalid(name, $"is not a word of at most {Platform.MaxWordLength} letters, digits, '.', '-' and '_'"),
    };
}
