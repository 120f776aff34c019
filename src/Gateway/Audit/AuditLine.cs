using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Http;

namespace Gateway.Audit;

/// <summary>A record as a line: JSON in ASCII, whose last member is the hash of the line without it.</summary>
internal static class AuditLine
{
    /// <summary>Longest line, in bytes; the longest texts of a record, escaped, stay below half of it.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>Characters of a SHA-256 in hex.</summary>
    public const int HashLength = 64;

    private static readonly JsonSerializerOptions Json = new(GatewayJson.Options) { Encoder = JavaScriptEncoder.Default };

    private static int TailLength => HashName.Length + HashLength + End.Length;

    private static ReadOnlySpan<byte> PreviousName => ",\"previous\":\""u8;

    private static ReadOnlySpan<byte> HashName => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    /// <summary>The line with its end, and the record with its hash.</summary>
    public static (byte[] Line, AuditRecord Record) Write(AuditRecord record)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(record with { Hash = null }, Json);
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        return ([.. body.AsSpan(0, body.Length - 1), .. HashName, .. Encoding.ASCII.GetBytes(hash), .. End, (byte)'\n'], record with { Hash = hash });
    }

    /// <summary>The record of a line without its end.</summary>
    public static AuditRecord Read(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize<AuditRecord>(line, Json)!;

    /// <summary>What of a line the chain hangs on; null where it is no record, or not the one that was written.</summary>
    public static AuditLink? Link(ReadOnlySpan<byte> line)
    {
        if (line.Length < TailLength + PreviousName.Length + HashLength + 1 || !line.EndsWith(End))
        {
            return null;
        }

        var body = line[..^TailLength];
        var tail = line[^TailLength..];
        var before = body[..^(HashLength + 1)];
        var previous = body[^(HashLength + 1)..^1];
        var hash = Encoding.ASCII.GetString(tail[HashName.Length..^End.Length]);
        return tail.StartsWith(HashName) && before.EndsWith(PreviousName) && body[^1] is (byte)'"' && string.Equals(hash, HashOf(body), StringComparison.Ordinal)
            ? AuditLink.Read(line, Encoding.ASCII.GetString(previous), hash)
            : null;
    }

    private static string HashOf(ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(body);
        hash.AppendData("}"u8);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
