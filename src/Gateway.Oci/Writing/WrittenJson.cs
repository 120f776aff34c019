using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.Oci.Writing;

/// <summary>One spelling of JSON: the digest of a document is that of its bytes.</summary>
internal static class WrittenJson
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Bytes(JsonObject document) => JsonSerializer.SerializeToUtf8Bytes(document, Options);

    public static JsonNode Node(Descriptor descriptor) => JsonSerializer.SerializeToNode(descriptor, Options)!;

    public static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    /// <summary>The object of this name, made where there is none.</summary>
    public static JsonObject ObjectIn(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject child)
        {
            parent[name] = child = [];
        }

        return child;
    }

    /// <summary>The array of this name, made where there is none.</summary>
    public static JsonArray ArrayIn(JsonObject parent, string name)
    {
        if (parent[name] is not JsonArray child)
        {
            parent[name] = child = [];
        }

        return child;
    }
}
