using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>Digests are JSON strings and JSON names; a malformed one is malformed JSON.</summary>
internal sealed class DigestJsonConverter : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String ? Parse(reader.GetString()) : throw new JsonException("not a digest");

    public override Digest ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString());

    private static Digest Parse(string? text) => Digest.TryParse(text, out var digest) ? digest : throw new JsonException("not a digest");
}
