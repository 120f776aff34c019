using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>Who a client's certificate makes its holder, by real handshakes.</summary>
public sealed class ClientCertificateTests(CertifiedGateway certified) : IClassFixture<CertifiedGateway>
{
    private const string Node = "/v1/node";
    private static readonly CertificateSpec Good = new() { Uris = [CertifiedGateway.Ci] };
    private static readonly X509Certificate2 Stranger = CertificateForge.Authority("Root");

    /// <summary>Certificates of nobody: each differs from a good one in what its name says.</summary>
    private static readonly Dictionary<string, Func<X509Certificate2, X509Certificate2>> OfNobody = new(StringComparer.Ordinal)
    {
        ["expired"] = root => CertificateForge.Make(Good with { Until = CertificateSpec.DefaultFrom.AddYears(1) }, root),
        ["not yet valid"] = root => CertificateForge.Make(Good with { From = CertificateSpec.DefaultFrom.AddYears(30) }, root),
        ["of another authority of the same name"] = _ => CertificateForge.Make(Good, Stranger),
        ["signed by itself"] = _ => CertificateForge.Make(Good),
        ["without extended key usage"] = root => CertificateForge.Make(Good with { Usages = null }, root),
        ["for servers only"] = root => CertificateForge.Make(Good with { Usages = [CertificateForge.ServerUsage] }, root),
        ["for any usage"] = root => CertificateForge.Make(Good with { Usages = ["2.5.29.37.0"] }, root),
        ["with a common name only"] = root => CertificateForge.Make(Good with { CommonName = CertifiedGateway.Ci, Uris = [] }, root),
        ["with a DNS name only"] = root => CertificateForge.Make(Good with { DnsNames = ["ci.example.org"], Uris = [] }, root),
        ["with two URIs"] = root => CertificateForge.Make(Good with { Uris = [CertifiedGateway.Ci, "spiffe://example.org/other"] }, root),
        ["with the same URI twice"] = root => CertificateForge.Make(Good with { Uris = [CertifiedGateway.Ci, CertifiedGateway.Ci] }, root),
        ["with a relative URI"] = root => CertificateForge.Make(Good with { Uris = ["ci"] }, root),
        ["with an empty URI"] = root => CertificateForge.Make(Good with { Uris = [""] }, root),
        ["with a URI of 300 characters"] = root => CertificateForge.Make(Good with { Uris = [CertifiedGateway.Ci + new string('x', 300)] }, root),
        ["an authority's"] = root => CertificateForge.Make(Good with { IsAuthority = true }, root),
        ["the root's own"] = root => root,
        ["below a certificate that is no authority's"] = root => CertificateForge.Make(Good, CertificateForge.Make(Good, root)),
        ["below an authority for servers"] = root => CertificateForge.Make(Good, CertificateForge.Authority("Servers", root, [CertificateForge.ServerUsage])),
    };

    public static TheoryData<string> Names => [.. OfNobody.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Certificate_is_of_nobody(string name) =>
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, OfNobody[name](certified.Root)));

    [Fact]
    public async Task Certificate_with_one_URI_is_of_its_holder_who_may_what_is_granted()
    {
        using var good = CertificateForge.Make(Good, certified.Root);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await certified.AskAsync(Node, good));
        Assert.Equal(HttpStatusCode.Forbidden, await certified.AskAsync("/v1/namespaces", good));
        using var more = CertificateForge.Make(Good with { DnsNames = ["ci.example.org"] }, certified.Root);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await certified.AskAsync(Node, more));
    }

    [Theory]
    [InlineData("spiffe://example.org/other")]
    [InlineData("spiffe://example.org/CI")]
    [InlineData("spiffe://example.org/ci/")]
    [InlineData("spiffe://example.org/ci2")]
    public async Task Holder_without_a_grant_may_nothing(string uri)
    {
        using var other = CertificateForge.Make(Good with { Uris = [uri] }, certified.Root);
        Assert.Equal(HttpStatusCode.Forbidden, await certified.AskAsync(Node, other));
    }

    [Fact]
    public async Task Pinned_certificate_needs_no_authority_but_its_time()
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await certified.AskAsync(Node, certified.Pinned));
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, certified.PinnedAndExpired));
    }

    [Fact]
    public async Task Authority_cannot_make_a_certificate_into_a_pinned_one()
    {
        using var forged = CertificateForge.Make(Good with { Uris = [$"sha256:{CertificateForge.ThumbprintOf(certified.Pinned)}"] }, certified.Root);
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, forged));
    }

    [Fact]
    public async Task Intermediates_are_taken_from_the_client()
    {
        using var below = CertificateForge.Authority("Below", certified.Root);
        using var good = CertificateForge.Make(Good, below);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await certified.AskAsync(Node, good, [below]));
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, good));
    }

    [Fact]
    public async Task Authority_that_the_client_sends_is_not_trusted()
    {
        using var below = CertificateForge.Authority("Below", Stranger);
        using var forged = CertificateForge.Make(Good, below);
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, forged, [below, Stranger]));
    }

    [Fact]
    public async Task Credential_of_the_request_counts_before_the_certificate()
    {
        using var good = CertificateForge.Make(Good, certified.Root);
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, good, headers: ("X-API-Key", "gwk_nobody_0")));
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, good, headers: ("Authorization", "Basic Y2k6Y2k=")));
        // The key's holder may what the certificate's may not.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await certified.AskAsync("/v1/namespaces", good, headers: ("X-API-Key", GatewayProcess.Key)));
    }

    [Fact]
    public async Task Without_a_certificate_another_credential_is_needed()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, certificate: null));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await certified.AskAsync(Node, certificate: null, headers: ("X-API-Key", GatewayProcess.Key)));
        using var expired = OfNobody["expired"](certified.Root);
        Assert.Equal(HttpStatusCode.OK, await certified.AskAsync("/healthz/live", expired));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await certified.AskAsync(Node, expired, headers: ("X-API-Key", GatewayProcess.Key)));
    }

    [Fact]
    public async Task Nothing_is_fetched_that_a_certificate_names()
    {
        using var canary = new TcpListener(IPAddress.Loopback, 0);
        canary.Start();
        using var below = CertificateForge.Authority("Below", certified.Root);
        using var naming = CertificateForge.Make(Good with { IssuerUrl = $"http://127.0.0.1:{((IPEndPoint)canary.LocalEndpoint).Port}/below.crt" }, below);
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, naming));
        Assert.False(canary.Pending());
    }

    [Theory]
    [InlineData("X-Client-Cert")]
    [InlineData("X-ARR-ClientCert")]
    [InlineData("X-Forwarded-Client-Cert")]
    [InlineData("Client-Cert")]
    public async Task Certificate_in_a_header_is_no_certificate(string header)
    {
        using var good = CertificateForge.Make(Good, certified.Root);
        Assert.Equal(HttpStatusCode.Unauthorized, await certified.AskAsync(Node, certificate: null, headers: (header, Convert.ToBase64String(good.RawData))));
    }
}
