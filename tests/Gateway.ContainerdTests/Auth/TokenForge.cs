using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.ContainerdTests.Auth;

/// <summary>An issuer with an RSA and an EC key, and somebody else's key: makes good tokens and all the bad ones.</summary>
internal sealed class TokenForge : IDisposable
{
    public const string Issuer = "https://issuer.test";
    public const string Audience = "gateway";

    public RSA Rsa { get; } = RSA.Create(2048);

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public RSA Stranger { get; } = RSA.Create(2048);

    /// <summary>The public keys as a JSON Web Key Set (RFC 7517).</summary>
    public string KeySet => new JsonObject { ["keys"] = new JsonArray(RsaKey(Rsa, "rsa"), EcKey()) }.ToJsonString();

    public static JsonObject Header(string algorithm = "RS256", string? kid = "rsa") => new() { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = kid };

    public static JsonObject Claims(string subject = "alice", params string[] groups) => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = subject,
        ["exp"] = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds(),
        ["groups"] = new JsonArray([.. groups.Select(group => (JsonNode)group)]),
    };

    public static JsonObject With(JsonObject json, string name, JsonNode? value)
    {
        json[name] = value;
        return json;
    }

    public static JsonObject Without(JsonObject json, string name)
    {
        json.Remove(name);
        return json;
    }

    public string Good(string subject = "alice", params string[] groups) => Rs256(Header(), Claims(subject, groups));

    public string Rs256(JsonObject header, JsonObject claims, RSA? key = null) =>
        Sign(header, claims, data => (key ?? Rsa).SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    public string Es256(JsonObject header, JsonObject claims) =>
        Sign(header, claims, data => Ec.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));

    public string Ps256(JsonObject header, JsonObject claims) =>
        Sign(header, claims, data => Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss));

    public static string Sign(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var text = $"{Part(header)}.{Part(claims)}";
        return $"{text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    public static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    public static JsonObject RsaKey(RSA key, string kid)
    {
        var numbers = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["kty"] = "RSA",
            ["use"] = "sig",
            ["kid"] = kid,
            ["n"] = Base64Url.EncodeToString(numbers.Modulus),
            ["e"] = Base64Url.EncodeToString(numbers.Exponent),
        };
    }

    public void Dispose()
    {
        Rsa.Dispose();
        Ec.Dispose();
        Stranger.Dispose();
    }

    private JsonObject EcKey()
    {
        var point = Ec.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["use"] = "sig",
            ["kid"] = "ec",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }
}
