using System.Text;
using System.Text.Json.Nodes;
using Gateway.Oci;

namespace Gateway.Tests.Oci;

/// <summary>Documents to start from; a test changes what it is about.</summary>
internal static class Documents
{
    public const string DigestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    public const string DigestB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    public static string Descriptor(string mediaType, string digest = DigestA, string size = "7", string more = "") =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":{{size}}{{more}}}""";

    public static string Manifest(string? config = null, string? layers = null, string more = "", string? mediaType = MediaTypes.OciManifest) =>
        $$"""{"schemaVersion":2{{Typed(mediaType)}},"config":{{config ?? Descriptor(MediaTypes.OciConfig)}},"layers":[{{layers ?? Descriptor(MediaTypes.OciLayerGzip)}}]{{more}}}""";

    public static string Index(string? manifests = null, string more = "", string? mediaType = MediaTypes.OciIndex) =>
        $$"""{"schemaVersion":2{{Typed(mediaType)}},"manifests":[{{manifests ?? Descriptor(MediaTypes.OciManifest)}}]{{more}}}""";

    /// <summary>An entry for a platform <c>os/arch[/variant]</c>, spelled as it is given; null for none. Its size tells entries apart.</summary>
    public static string Entry(string? platform, int size = 7, string more = "", string mediaType = MediaTypes.OciManifest)
    {
        var parts = platform?.Split('/') ?? [];
        var variant = parts.Length > 2 ? $""","variant":"{parts[2]}" """ : "";
        var named = platform is null ? "" : $$""","platform":{"os":"{{parts[0]}}","architecture":"{{parts[1]}}"{{variant}}}""";
        return Descriptor(mediaType, DigestA, $"{size}", named + more);
    }

    public static string Annotations(int count, int valueLength = 1) =>
        "{" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":\"{new string('v', valueLength)}\"")) + "}";

    public static ImageManifest AsManifest(this string json, string mediaType = MediaTypes.OciManifest) =>
        Assert.IsType<ImageManifest>(OciDocument.Parse(Encoding.UTF8.GetBytes(json), mediaType));

    public static ImageIndex AsIndex(this string json, string mediaType = MediaTypes.OciIndex) =>
        Assert.IsType<ImageIndex>(OciDocument.Parse(Encoding.UTF8.GetBytes(json), mediaType));

    public static ImageConfig AsConfig(this string json) => ImageConfig.Parse(Encoding.UTF8.GetBytes(json));

    /// <summary>The message of the refusal, which is of this fault and fit to be sent.</summary>
    public static string Refusal(Action read, OciFault fault = OciFault.ManifestInvalid)
    {
        var refused = Assert.Throws<OciException>(read);
        Assert.Equal(fault, refused.Fault);
        Assert.InRange(refused.Message.Length, 1, 600);
        Assert.DoesNotContain(refused.Message, char.IsControl);
        return refused.Message;
    }

    /// <summary>The fault of bytes, or null where they are taken.</summary>
    public static OciFault? FaultOf(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (OciException fault)
        {
            return fault.Fault;
        }
    }

    public static JsonObject Node(this string json) => JsonNode.Parse(json)!.AsObject();

    private static string Typed(string? mediaType) => mediaType is null ? "" : $",\"mediaType\":\"{mediaType}\"";
}
