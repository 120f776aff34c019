using System.Text.Json;
using System.Text.Unicode;

namespace Gateway.Oci;

/// <summary>The first gate of a document: its size, and JSON that every parser reads alike.</summary>
internal static class DocumentJson
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = DocumentLimits.MaxDepth, AllowDuplicateProperties = false };

    public static JsonElement Parse(ReadOnlySpan<byte> bytes, string document)
    {
        if (bytes.Length > DocumentLimits.MaxBytes)
        {
            throw new OciException(OciFault.ManifestTooLarge,
                $"the {document} cannot be accepted: it has {bytes.Length} bytes; at most {DocumentLimits.MaxBytes} are accepted");
        }

        try
        {
            return Utf8.IsValid(bytes) && EscapesAreText(bytes) ? JsonElement.Parse(bytes, Options) : throw NotJson(document, inner: null);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            throw NotJson(document, fault);
        }
    }

    // Half a surrogate pair, "\ud800", passes the parser and throws only where the string is read; here it has one place to fail.
    private static bool EscapesAreText(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = DocumentLimits.MaxDepth });
        while (reader.Read())
        {
            if (reader.ValueIsEscaped)
            {
                _ = reader.GetString();
            }
        }

        return true;
    }

    // The parser's own message quotes the document, so only the place is told.
    private static OciException NotJson(string document, Exception? inner) => new(OciFault.ManifestInvalid,
        $"the {document} cannot be accepted: it is not UTF-8 JSON, has a key twice in one object, or is nested deeper than {DocumentLimits.MaxDepth}"
        + (inner is JsonException { LineNumber: { } line, BytePositionInLine: { } position } ? $" (line {line + 1}, byte {position + 1})" : ""),
        inner);
}
