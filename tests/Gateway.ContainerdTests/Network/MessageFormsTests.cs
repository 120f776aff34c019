using Gateway.TestKit;

namespace Gateway.ContainerdTests.Network;

/// <summary>
/// Requests as bytes, each followed on its connection by another that would be answered 200 and end it. A refused message gets one answer and the
/// connection is closed: what follows it is not taken for a request.
/// </summary>
public sealed class MessageFormsTests(LoneGateway lone) : IClassFixture<LoneGateway>
{
    private const string Next = "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    private const string Get = "GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n";
    private const string Post = $"POST /v1/namespaces HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {GatewayProcess.Key}\r\nContent-Type: application/json\r\n";
    private const string Chunks = "2\r\n{}\r\n0\r\n\r\n";

    /// <summary>What is sent, and the statuses of all answers. One status: the connection was closed after it.</summary>
    private static readonly Dictionary<string, (string Bytes, int[] Statuses)> Cases = new(StringComparer.Ordinal)
    {
        ["content length and chunked"] = ($"{Post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["chunked and content length"] = ($"{Post}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{Chunks}", [400]),
        ["content length of the chunks and chunked"] = ($"{Post}Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["content length 0 and chunked"] = ($"{Post}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["content length and chunked on a GET"] = ($"{Get}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["the server's own name for a moved content length"] = ($"{Post}X-Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["two equal content lengths"] = ($"{Post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}", [400]),
        ["two different content lengths"] = ($"{Post}Content-Length: 2\r\nContent-Length: 40\r\n\r\n{{}}", [400]),
        ["a list of equal content lengths"] = ($"{Post}Content-Length: 2, 2\r\n\r\n{{}}", [400]),
        ["a list of different content lengths"] = ($"{Post}Content-Length: 2, 40\r\n\r\n{{}}", [400]),
        ["content length with plus"] = ($"{Post}Content-Length: +2\r\n\r\n{{}}", [400]),
        ["negative content length"] = ($"{Post}Content-Length: -2\r\n\r\n{{}}", [400]),
        ["hexadecimal content length"] = ($"{Post}Content-Length: 0x2\r\n\r\n{{}}", [400]),
        ["content length with letters"] = ($"{Post}Content-Length: 2a\r\n\r\n{{}}", [400]),
        ["empty content length"] = ($"{Post}Content-Length:\r\n\r\n{{}}", [400]),
        ["content length beyond 64 bits"] = ($"{Post}Content-Length: 99999999999999999999\r\n\r\n{{}}", [400]),
        ["content length with a comma alone"] = ($"{Post}Content-Length: ,2\r\n\r\n{{}}", [400]),
        ["content length with an underscore in its name"] = ($"{Post}Content_Length: 40\r\nContent-Length: 2\r\n\r\n{{}}", [400, 200]),
        ["chunked twice in two lines"] = ($"{Post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["chunked twice in one line"] = ($"{Post}Transfer-Encoding: chunked, chunked\r\n\r\n{Chunks}", [400]),
        ["identity"] = ($"{Post}Transfer-Encoding: identity\r\n\r\n{Chunks}", [400]),
        ["an unknown encoding"] = ($"{Post}Transfer-Encoding: xchunked\r\n\r\n{Chunks}", [400]),
        ["chunked, then identity"] = ($"{Post}Transfer-Encoding: chunked, identity\r\n\r\n{Chunks}", [400]),
        ["identity, then chunked"] = ($"{Post}Transfer-Encoding: identity, chunked\r\n\r\n{Chunks}", [400]),
        ["identity and chunked in two lines"] = ($"{Post}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["gzip, then chunked"] = ($"{Post}Transfer-Encoding: gzip, chunked\r\n\r\n{Chunks}", [400]),
        ["gzip alone"] = ($"{Post}Transfer-Encoding: gzip\r\n\r\n{Chunks}", [400]),
        ["chunked with a parameter"] = ($"{Post}Transfer-Encoding: chunked;q=1\r\n\r\n{Chunks}", [400]),
        ["chunked in quotes"] = ($"{Post}Transfer-Encoding: \"chunked\"\r\n\r\n{Chunks}", [400]),
        ["chunked with a vertical tab"] = ($"{Post}Transfer-Encoding: \u000bchunked\r\n\r\n{Chunks}", [400]),
        ["empty transfer encoding"] = ($"{Post}Transfer-Encoding:\r\n\r\n{Chunks}", [400]),
        ["chunked in capitals is chunked"] = ($"{Post}Transfer-Encoding: CHUNKED\r\n\r\n{Chunks}", [400, 200]),
        ["space before the colon of Transfer-Encoding"] = ($"{Post}Transfer-Encoding : chunked\r\n\r\n{Chunks}", [400]),
        ["space before the colon of Content-Length"] = ($"{Post}Content-Length : 2\r\n\r\n{{}}", [400]),
        ["tab before the colon"] = ($"{Post}Transfer-Encoding\t: chunked\r\n\r\n{Chunks}", [400]),
        ["folded Transfer-Encoding"] = ($"{Post}Transfer-Encoding:\r\n chunked\r\n\r\n{Chunks}", [400]),
        ["folded other header"] = ($"{Get}X-A: b\r\n c\r\n\r\n", [400]),
        ["first header begins with a space"] = ("GET /healthz/live HTTP/1.1\r\n Host: localhost\r\n\r\n", [400]),
        ["bare line feeds"] = ("GET /healthz/live HTTP/1.1\nHost: localhost\n\n", [400]),
        ["a bare line feed hides Transfer-Encoding"] = ($"{Post}X-A: b\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["a bare carriage return hides Transfer-Encoding"] = ($"{Post}X-A: b\rTransfer-Encoding: chunked\r\n\r\n{Chunks}", [400]),
        ["line feed after a chunk's size"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n2\n{{}}\r\n0\r\n\r\n", [400]),
        ["line feed in a chunk's extension"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n2;a\n{{}}\r\n0\r\n\r\n", [400]),
        ["carriage return in a chunk's extension"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n2;a\rb\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["hexadecimal prefix of a chunk's size"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["negative size of a chunk"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n-2\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["size of a chunk beyond 64 bits"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["size of a chunk beyond 31 bits"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n100000002\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["space before a chunk's size"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n 2\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["no size of a chunk"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["a chunk longer than its size"] = ($"{Post}Transfer-Encoding: chunked\r\n\r\n1\r\n{{}}\r\n0\r\n\r\n", [400]),
        ["HTTP/1.0"] = ("GET /healthz/live HTTP/1.0\r\nHost: localhost\r\n\r\n", [505]),
        ["HTTP/1.0 that would stay"] = ("GET /healthz/live HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n", [505]),
        ["HTTP/1.0 chunked"] = ($"POST /v1/namespaces HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}", [505]),
        ["HTTP/0.9"] = ("GET /healthz/live\r\n", [400]),
        ["HTTP/1.2"] = ("GET /healthz/live HTTP/1.2\r\nHost: localhost\r\n\r\n", [505]),
        ["HTTP/2.0 as text"] = ("GET /healthz/live HTTP/2.0\r\nHost: localhost\r\n\r\n", [505]),
        ["version in small letters"] = ("GET /healthz/live http/1.1\r\nHost: localhost\r\n\r\n", [505]),
        ["space after the version"] = ("GET /healthz/live HTTP/1.1 \r\nHost: localhost\r\n\r\n", [400]),
        ["two spaces before the target"] = ("GET  /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
        ["method in small letters"] = ("get /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n", [200, 200]),
        ["method with a control character"] = ("GE\u0001T /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
        ["space before the method"] = (" GET /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
        ["absolute target of another host"] = ("GET http://evil.example/healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
        ["absolute target of the same host"] = ("GET http://localhost/healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n", [200, 200]),
        ["absolute target and another Host"] = ("GET http://localhost/healthz/live HTTP/1.1\r\nHost: evil.example\r\n\r\n", [400]),
        ["two equal Hosts"] = ($"{Get}Host: localhost\r\n\r\n", [400]),
        ["two different Hosts"] = ($"{Get}Host: evil.example\r\n\r\n", [400]),
        ["empty Host"] = ("GET /healthz/live HTTP/1.1\r\nHost:\r\n\r\n", [400, 200]),
        ["no Host"] = ("GET /healthz/live HTTP/1.1\r\nX-A: b\r\n\r\n", [400]),
        ["Host with a path"] = ("GET /healthz/live HTTP/1.1\r\nHost: localhost/evil\r\n\r\n", [400]),
        ["Host with a user"] = ("GET /healthz/live HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n", [400]),
        ["Host with a port of letters"] = ("GET /healthz/live HTTP/1.1\r\nHost: localhost:http\r\n\r\n", [400]),
        ["Host of another name"] = ("GET /healthz/live HTTP/1.1\r\nHost: evil.example\r\n\r\n", [400, 200]),
        ["Host that begins as ours"] = ("GET /healthz/live HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", [400, 200]),
        ["Host of any address"] = ("GET /healthz/live HTTP/1.1\r\nHost: 0.0.0.0\r\n\r\n", [400, 200]),
        ["NUL in a header's value"] = ($"{Get}X-A: b\0c\r\n\r\n", [400]),
        ["NUL in a header's name"] = ($"{Get}X-\0A: b\r\n\r\n", [400]),
        ["NUL in the target"] = ("GET /healthz/\0live HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
        ["escaped NUL in the target"] = ("GET /healthz/live%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", [400]),
        ["a header without a colon"] = ($"{Get}X-A\r\n\r\n", [400]),
        ["a header without a name"] = ($"{Get}: b\r\n\r\n", [400]),
        ["a header's name with a space"] = ($"{Get}X A: b\r\n\r\n", [400]),
        ["escape in a header's value"] = ($"{Get}X-A: \u001b[2J\r\n\r\n", [200, 200]),
        ["HTTP/2 without TLS"] = ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", []),
        ["upgrade to h2c"] = ($"{Get}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", [200, 200]),
        ["upgrade to a WebSocket"] = ($"{Get}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", [200, 200]),
        ["CONNECT"] = ("CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n", [404, 200]),
        ["CONNECT with a path"] = ("CONNECT /v1/namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [405, 200]),
        ["TRACE"] = ("TRACE /healthz/live HTTP/1.1\r\nHost: localhost\r\n\r\n", [405, 200]),
        ["OPTIONS of all"] = ("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["GET of all"] = ("GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", [405]),
        ["escaped slash in a fixed part"] = ("GET /v1%2Fnamespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["dots that lead to another route"] = ("GET /healthz/../v1/namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [401, 200]),
        ["escaped dots that lead to another route"] = ("GET /healthz/%2e%2e/v1/namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [401, 200]),
        ["dots twice escaped"] = ("GET /healthz/%252e%252e/v1/namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["dots above the root"] = ("GET /../../v1/namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [401, 200]),
        ["dots in UTF-8 that is too long"] = ("GET /healthz/%c0%ae%c0%ae/v1/namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["two slashes in front"] = ("GET //v1/namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["two slashes within"] = ("GET /v1//namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["backslashes"] = ("GET /v1\\namespaces HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["capitals"] = ("GET /V1/NAMESPACES HTTP/1.1\r\nHost: localhost\r\n\r\n", [401, 200]),
        ["slash at the end"] = ("GET /v1/namespaces/ HTTP/1.1\r\nHost: localhost\r\n\r\n", [401, 200]),
        ["a parameter in the path"] = ("GET /v1/namespaces;a=b HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["a fragment in the target"] = ("GET /v1/namespaces#x HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["metrics on the API's port"] = ("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["metrics in capitals on the API's port"] = ("GET /METRICS HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["metrics with a slash on the API's port"] = ("GET /metrics/ HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["escaped metrics on the API's port"] = ("GET /%6detrics HTTP/1.1\r\nHost: localhost\r\n\r\n", [404, 200]),
        ["a header line of 40 KiB"] = ($"{Get}X-A: {new string('b', 40 * 1024)}\r\n\r\n", [431]),
        ["200 headers"] = (Get + string.Concat(Enumerable.Range(0, 200).Select(number => $"X-{number}: b\r\n")) + "\r\n", [431]),
        ["a target of 9 KiB"] = ($"GET /{new string('a', 9 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n", [414]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Message_gets_its_answer_and_no_other(string name)
    {
        var (bytes, statuses) = Cases[name];
        var answers = await RawHttp.ExchangeAsync(lone.Gateway.Url, bytes + Next);
        Assert.True(statuses.SequenceEqual(RawHttp.StatusesIn(answers)), $"expected {string.Join(", ", statuses)}: {answers}");
    }

    [Fact]
    public async Task Refused_form_is_a_problem()
    {
        var answer = await RawHttp.ExchangeAsync(lone.Gateway.Url, $"{Post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}");
        Assert.Contains("application/problem+json", answer);
        Assert.Contains("Content-Length and Transfer-Encoding exclude each other", answer);
        Assert.Contains("Connection: close", answer);
    }

    [Fact]
    public void Cases_are_many() => Assert.True(Cases.Count >= 90, $"{Cases.Count}");
}
