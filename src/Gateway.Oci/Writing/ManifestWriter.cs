using System.Text.Json.Nodes;

namespace Gateway.Oci.Writing;

/// <summary>Writes manifests (image-spec v1.1 manifest.md; Docker's schema 2 has the same fields). The same input gives the same bytes.</summary>
public static class ManifestWriter
{
    /// <summary>A manifest of the type, with its config and its layers, lowest first.</summary>
    public static byte[] Write(string mediaType, Descriptor config, IEnumerable<Descriptor> layers) => WrittenJson.Bytes(new JsonObject
    {
        ["schemaVersion"] = OciDocument.SchemaVersion,
        ["mediaType"] = mediaType,
        ["config"] = WrittenJson.Node(config),
        ["layers"] = new JsonArray([.. layers.Select(WrittenJson.Node)]),
    });

    /// <summary>The type of a config in a manifest of the type.</summary>
    public static string ConfigType(string mediaType) => mediaType is MediaTypes.DockerManifest ? MediaTypes.DockerConfig : MediaTypes.OciConfig;
}
