using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Oci.Archives;

/// <summary>Documents that are made here. Equal ones have equal bytes, and with them equal digests.</summary>
internal static class ArchiveJson
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write<T>(T document) => JsonSerializer.SerializeToUtf8Bytes(document, Options);
}
