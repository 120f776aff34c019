using System.Text.Json;

namespace Gateway.Oci.Archives;

/// <summary>What <c>docker save</c> writes without an OCI layout: <c>manifest.json</c>, configs and layers. The manifests are made here.</summary>
internal static class DockerSave
{
    private const string Document = "manifest.json";
    private static readonly string[] Names = ["Config", "RepoTags", "Layers"];

    public static IReadOnlyList<ArchivedImage> Read(ArchiveContents contents, byte[] manifest)
    {
        if (contents.Links.FirstOrDefault(link => contents.Find(link) is null) is { } broken)
        {
            throw ArchiveFault.Invalid($"link '{ArchiveFault.Show(broken)}' leads to no file in it");
        }

        var root = DocumentJson.Parse(manifest, Document);
        return root.ValueKind is JsonValueKind.Array && root.GetArrayLength() <= ArchiveLimits.MaxImages
            ? root.EnumerateArray().Select((element, i) => Image(contents, new DocumentFields(element, Document, $"[{i}].", Names))).ToArray()
            : throw ArchiveFault.Invalid($"manifest.json is not an array of at most {ArchiveLimits.MaxImages} images");
    }

    private static ArchivedImage Image(ArchiveContents contents, DocumentFields fields)
    {
        var config = Find(contents, fields, "Config", fields.Text("Config") ?? throw fields.Invalid("Config", "is missing"));
        var layers = fields.Texts("Layers", DocumentLimits.MaxLayers).Select((name, i) => Find(contents, fields, $"Layers[{i}]", name));
        var made = ArchiveJson.Write(new
        {
            schemaVersion = OciDocument.SchemaVersion,
            mediaType = MediaTypes.DockerManifest,
            config = Describe(MediaTypes.DockerConfig, config),
            layers = layers.Select(layer => Describe(LayerTypes.MediaTypeOf(layer.Compression, MediaTypes.DockerManifest), layer)).ToArray(),
        });
        var target = new Descriptor { MediaType = MediaTypes.DockerManifest, Digest = Digest.Of(made), Size = made.Length };
        return new ArchivedImage(target, fields.Texts("RepoTags", ArchiveLimits.MaxImages), Tag: null, made);
    }

    private static ArchivedBlob Find(ArchiveContents contents, DocumentFields fields, string field, string name) =>
        contents.Find(ArchivePath.Clean(name)) ?? throw fields.Invalid(field, $"names '{ArchiveFault.Show(name)}', which the archive does not hold");

    private static Descriptor Describe(string mediaType, ArchivedBlob blob) => new() { MediaType = mediaType, Digest = blob.Digest, Size = blob.Size };
}
