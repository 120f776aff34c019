using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Gateway.Oci;

/// <summary>A content digest, <c>sha256:&lt;64 hex&gt;</c> or <c>sha512:&lt;128 hex&gt;</c>. Only the strict parser makes one.</summary>
/// <remarks>
/// image-spec v1.1 descriptor.md, "Digests". Hex is lower case: upper case is another string for the same bytes, and digests are
/// compared, stored and used in paths as strings. The two prefixes are of one length, so the text's length tells the algorithm.
/// </remarks>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest
{
    private const string Sha256Prefix = "sha256:";
    private const string Sha512Prefix = "sha512:";
    private const int PrefixLength = 7;
    private const int Sha256HexLength = 64;
    private const int Sha512HexLength = 128;
    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");
    private readonly string? text;

    private Digest(string text) => this.text = text;

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm => IsSha512 ? "sha512" : "sha256";

    /// <summary>The hash in lower-case hex.</summary>
    public string Hex => ToString()[PrefixLength..];

    /// <summary>The digest of bytes at hand, by SHA-256.</summary>
    public static Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return FromHash(HashAlgorithmName.SHA256, hash);
    }

    /// <summary>The digest of a finished hash; throws <see cref="ArgumentException"/> for another algorithm or length.</summary>
    public static Digest FromHash(HashAlgorithmName algorithm, ReadOnlySpan<byte> hash)
    {
        var prefix = hash.Length switch
        {
            SHA256.HashSizeInBytes when algorithm == HashAlgorithmName.SHA256 => Sha256Prefix,
            SHA512.HashSizeInBytes when algorithm == HashAlgorithmName.SHA512 => Sha512Prefix,
            _ => throw new ArgumentException($"{hash.Length} bytes are not a hash of sha256 or sha512", nameof(hash)),
        };
        Span<char> hex = stackalloc char[hash.Length * 2];
        Convert.TryToHexStringLower(hash, hex, out _);
        return new Digest(string.Concat(prefix, hex));
    }

    /// <summary>Parses a digest or throws <see cref="FormatException"/>.</summary>
    public static Digest Parse(string value) =>
        TryParse(value, out var digest) ? digest : throw new FormatException("not a digest: expected sha256:<64 hex> or sha512:<128 hex>");

    /// <summary>Whether the text is a digest this project accepts.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, out Digest digest)
    {
        digest = default;
        var hexLength = value is null ? -1
            : value.StartsWith(Sha256Prefix, StringComparison.Ordinal) ? Sha256HexLength
            : value.StartsWith(Sha512Prefix, StringComparison.Ordinal) ? Sha512HexLength
            : -1;
        if (hexLength < 0 || value!.Length != PrefixLength + hexLength || value.AsSpan(PrefixLength).ContainsAnyExcept(LowerHex))
        {
            return false;
        }

        digest = new Digest(value);
        return true;
    }

    /// <summary>A hash of this digest's algorithm, to verify bytes while they stream by.</summary>
    public IncrementalHash CreateHash() => IncrementalHash.CreateHash(IsSha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    /// <summary>Whether the finished hash is this digest.</summary>
    public bool Matches(ReadOnlySpan<byte> hash)
    {
        Span<char> hex = stackalloc char[Sha512HexLength];
        return Convert.TryToHexStringLower(hash, hex, out var written) && hex[..written].SequenceEqual(ToString().AsSpan(PrefixLength));
    }

    /// <summary>The digest as the specs write it.</summary>
    public override string ToString() => text ?? throw new InvalidOperationException("a default Digest has no value");

    private bool IsSha512 => ToString().Length == PrefixLength + Sha512HexLength;
}
