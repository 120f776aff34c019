using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>A content digest, <c>sha256:&lt;64 hex&gt;</c> or <c>sha512:&lt;128 hex&gt;</c>. Only the strict parser makes one.</summary>
/// <remarks>
/// image-spec v1.1 descriptor.md, "Digests". Hex is lower case: upper case is another string for the same bytes, and digests are
/// compared, stored and used in paths as strings.
/// </remarks>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest
{
    private const int Sha256HexLength = 64;
    private const int Sha512HexLength = 128;
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private readonly string? text;

    private Digest(string text) => this.text = text;

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm => ToString().Split(':')[0];

    /// <summary>The hash in lower-case hex.</summary>
    public string Hex => ToString().Split(':')[1];

    /// <summary>The digest of bytes at hand, by SHA-256.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes) => FromHash(HashAlgorithmName.SHA256, SHA256.HashData(bytes));

    /// <summary>The digest of a finished hash.</summary>
    public static Digest FromHash(HashAlgorithmName algorithm, ReadOnlySpan<byte> hash) =>
        Parse($"{algorithm.Name!.ToLowerInvariant()}:{Convert.ToHexStringLower(hash)}");

    /// <summary>Parses a digest or throws <see cref="FormatException"/>.</summary>
    public static Digest Parse(string value) =>
        TryParse(value, out var digest) ? digest : throw new FormatException("not a digest: expected sha256:<64 hex> or sha512:<128 hex>");

    /// <summary>Whether the text is a digest this project accepts.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, out Digest digest)
    {
        digest = default;
        if (value is null || value.IndexOf(':') is not 6)
        {
            return false;
        }

        var length = value[..6] switch { "sha256" => Sha256HexLength, "sha512" => Sha512HexLength, _ => -1 };
        if (value.Length - 7 != length || value.AsSpan(7).ContainsAnyExcept(LowerHex))
        {
            return false;
        }

        digest = new Digest(value);
        return true;
    }

    /// <summary>A hash of this digest's algorithm, to verify bytes while they stream by.</summary>
    public IncrementalHash CreateHash() => IncrementalHash.CreateHash(HashName);

    /// <summary>Whether the finished hash is this digest.</summary>
    public bool Matches(ReadOnlySpan<byte> hash) => string.Equals(Hex, Convert.ToHexStringLower(hash), StringComparison.Ordinal);

    /// <summary>The digest as the specs write it.</summary>
    public override string ToString() => text ?? throw new InvalidOperationException("a default Digest has no value");

    private HashAlgorithmName HashName => Algorithm is "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256;
}

/// <summary>Digests are JSON strings; a malformed one is malformed JSON.</summary>
internal sealed class DigestJsonConverter : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String && Digest.TryParse(reader.GetString(), out var digest)
            ? digest
            : throw new JsonException("not a digest");

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
