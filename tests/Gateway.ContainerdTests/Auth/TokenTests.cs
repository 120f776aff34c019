using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using static Gateway.ContainerdTests.Auth.TokenForge;

namespace Gateway.ContainerdTests.Auth;

/// <summary>Tokens of the issuer are taken, and no forgery is.</summary>
public sealed class TokenTests(GuardedGateway guarded) : IClassFixture<GuardedGateway>
{
    private const string Images = "/v1/namespaces/team-a/images";

    private static readonly Dictionary<string, Func<TokenForge, string>> Good = new()
    {
        ["RS256"] = forge => forge.Good(),
        ["ES256"] = forge => forge.Es256(Header("ES256", "ec"), Claims()),
        ["PS256"] = forge => forge.Ps256(Header("PS256"), Claims()),
        ["no kid: the key set is searched"] = forge => forge.Rs256(Without(Header(), "kid"), Claims()),
        ["several audiences"] = forge => forge.Rs256(Header(), With(Claims(), "aud", new JsonArray("other", Audience))),
        ["expired within the clock skew"] = forge => forge.Rs256(Header(), With(Claims(), "exp", InSeconds(-20))),
    };

    private static readonly Dictionary<string, Func<TokenForge, string>> Forged = new()
    {
        ["alg none"] = _ => $"{Part(Header("none"))}.{Part(Claims())}.",
        ["alg None"] = _ => $"{Part(Header("None"))}.{Part(Claims())}.",
        ["no alg"] = forge => forge.Rs256(Without(Header(), "alg"), Claims()),
        ["alg none with a signature"] = forge => forge.Rs256(Header("none"), Claims()),
        ["HS256 with the public key's text"] = forge => Hs256(Encoding.ASCII.GetBytes(forge.Rsa.ExportSubjectPublicKeyInfoPem())),
        ["HS256 with the key set's modulus"] = forge => Hs256(forge.Rsa.ExportParameters(false).Modulus!),
        ["HS256 with an empty key"] = _ => Hs256([]),
        ["RS384, which is not on the list"] = forge => Sign(Header("RS384"), Claims(), data => forge.Rsa.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)),
        ["ES256 said, RS256 signed"] = forge => forge.Rs256(Header("ES256", "ec"), Claims()),
        ["a stranger's key under the known kid"] = forge => forge.Rs256(Header(), Claims(), forge.Stranger),
        ["a stranger's key under no kid"] = forge => forge.Rs256(Without(Header(), "kid"), Claims(), forge.Stranger),
        ["an embedded jwk"] = forge => forge.Rs256(With(Header(), "jwk", RsaKey(forge.Stranger, "rsa")), Claims(), forge.Stranger),
        ["an embedded x5c"] = forge => forge.Rs256(With(Header(), "x5c", new JsonArray(Convert.ToBase64String(forge.Stranger.ExportRSAPublicKey()))), Claims(), forge.Stranger),
        ["kid as a path"] = forge => forge.Rs256(Header(kid: "../../etc/passwd"), Claims(), forge.Stranger),
        ["another issuer"] = forge => forge.Rs256(Header(), With(Claims(), "iss", "https://evil.test")),
        ["the issuer with a slash"] = forge => forge.Rs256(Header(), With(Claims(), "iss", Issuer + "/")),
        ["no issuer"] = forge => forge.Rs256(Header(), Without(Claims(), "iss")),
        ["another audience"] = forge => forge.Rs256(Header(), With(Claims(), "aud", "other")),
        ["the audience in capitals"] = forge => forge.Rs256(Header(), With(Claims(), "aud", "GATEWAY")),
        ["no audience"] = forge => forge.Rs256(Header(), Without(Claims(), "aud")),
        ["expired"] = forge => forge.Rs256(Header(), With(Claims(), "exp", InSeconds(-120))),
        ["never expiring"] = forge => forge.Rs256(Header(), Without(Claims(), "exp")),
        ["not valid yet"] = forge => forge.Rs256(Header(), With(Claims(), "nbf", InSeconds(180))),
        ["no subject"] = forge => forge.Rs256(Header(), Without(Claims(), "sub")),
        ["an empty subject"] = forge => forge.Good(""),
        ["a subject with a line break"] = forge => forge.Good("alice\nadmin"),
        ["a subject of 257 characters"] = forge => forge.Good(new string('a', 257)),
        ["no signature"] = forge => forge.Good()[..(forge.Good().LastIndexOf('.') + 1)],
        ["a signature cut short"] = forge => forge.Good()[..^8],
        ["the signature of another token"] = forge => Body(forge.Good()) + "." + forge.Good("bob").Split('.')[2],
        ["other claims under a good signature"] = forge => Swap(forge.Good("bob"), 1, Part(Claims())),
        ["another header under a good signature"] = forge => Swap(forge.Good(), 0, Part(With(Header(), "extra", 1))),
        ["two parts"] = forge => Body(forge.Good()),
        ["five parts"] = forge => forge.Good() + ".a.b",
        ["claims that are no JSON"] = forge => Swap(forge.Good(), 1, Base64Url.EncodeToString("alice"u8)),
        ["only dots"] = _ => "..",
        ["32 KiB of letters"] = _ => new string('a', 24 * 1024),
    };

    public static TheoryData<string> GoodNames => [.. Good.Keys];

    public static TheoryData<string> ForgedNames => [.. Forged.Keys];

    [Theory]
    [MemberData(nameof(GoodNames))]
    public async Task Token_of_the_issuer_is_taken(string name) =>
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(Good[name](guarded.Forge), Images));

    [Theory]
    [MemberData(nameof(ForgedNames))]
    public async Task Forged_token_is_refused(string name)
    {
        using var api = guarded.With(Forged[name](guarded.Forge));
        var answer = await api.GetAsync(Images);
        Assert.Equal((HttpStatusCode.Unauthorized, "unauthorized"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Key_address_in_a_header_is_never_fetched()
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        var address = $"http://{canary.LocalEndpoint}/keys";
        foreach (var name in new[] { "jku", "x5u" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(guarded.Forge.Rs256(With(Header(kid: "new"), name, address), Claims(), guarded.Forge.Stranger), Images));
        }

        Assert.False(canary.Pending());
    }

    [Fact]
    public async Task Any_bit_changed_makes_a_token_worthless()
    {
        var token = guarded.Forge.Good();
        var parts = token.Split('.').Select(part => Base64Url.DecodeFromChars(part)).ToArray();
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var changed = parts.Select(part => (byte[])part.Clone()).ToArray();
            var part = changed[random.Next(3)];
            part[random.Next(part.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(string.Join('.', changed.Select(bytes => Base64Url.EncodeToString(bytes))), Images));
        }
    }

    [Theory]
    [InlineData("alice", "", "GET", "team-a", HttpStatusCode.ServiceUnavailable)]
    [InlineData("alice", "", "GET", "team-b", HttpStatusCode.Forbidden)]
    [InlineData("alice", "", "DELETE", "team-a", HttpStatusCode.Forbidden)]
    [InlineData("bob", "", "GET", "team-a", HttpStatusCode.Forbidden)]
    [InlineData("bob", "ops", "DELETE", "team-b", HttpStatusCode.ServiceUnavailable)]
    [InlineData("bob", "ops", "GET", "team-b", HttpStatusCode.Forbidden)]
    [InlineData("bob", "ops", "DELETE", "default", HttpStatusCode.Forbidden)]
    [InlineData("bob", "OPS", "DELETE", "team-b", HttpStatusCode.Forbidden)]
    public async Task Grants_follow_the_subject_and_its_groups(string subject, string group, string verb, string containerdNamespace, HttpStatusCode expected)
    {
        var token = guarded.Forge.Good(subject, group.Length is 0 ? [] : [group]);
        Assert.Equal(expected, await StatusAsync(token, $"/v1/namespaces/{containerdNamespace}/images/alpine", new HttpMethod(verb)));
    }

    private async Task<HttpStatusCode> StatusAsync(string token, string path, HttpMethod? method = null)
    {
        using var api = guarded.With(token);
        return (await api.SendAsync(method ?? HttpMethod.Get, path)).Status;
    }

    private static long InSeconds(int seconds) => DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeSeconds();

    private static string Hs256(byte[] key) => Sign(Header("HS256"), Claims(), data => HMACSHA256.HashData(key, data));

    private static string Body(string token) => token[..token.LastIndexOf('.')];

    private static string Swap(string token, int part, string value)
    {
        var parts = token.Split('.');
        parts[part] = value;
        return string.Join('.', parts);
    }
}
