using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Credentials that are none, and pages of other sites. Headers are one a line.</summary>
public static class AccessData
{
    private const string Key = GatewayProcess.Key;

    public static TheoryData<string> NoCredentials =>
    [
        "", "Authorization:", "Authorization: Bearer", "Authorization: Bearer ", $"Authorization: {Key}", $"Authorization: Basic {Key}", $"Authorization: Token {Key}", $"Authorization: Bearer  {Key}", $"Authorization: Bearer\t{Key}",
        $"Authorization: Bearer {Key[..^1]}", $"Authorization: Bearer {Key}x", $"Authorization: Bearer {Key.ToUpperInvariant()}", $"Authorization: Bearer {Key},{Key}", $"Authorization: Bearer \"{Key}\"", "Authorization: Bearer gwk_", "Authorization: Bearer gwk_bootstrap_",
        "Authorization: Bearer gwk__", "Authorization: Bearer gwk_bootstrap", $"Authorization: Bearer gwk_other{Key[13..]}", "Authorization: Bearer a.b.c", "Authorization: Bearer ..", "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", $"Authorization: Bearer {new string('a', 16000)}",
        $"Authorization: Bearer {Key}\nAuthorization: Bearer {Key}", $"Authorization: Bearer {Key}\nX-API-Key: {Key}", $"X-API-Key: {Key}\nX-API-Key: {Key}", "X-API-Key:", $"X-API-Key: Bearer {Key}", $"X-API-Key: {Key[..^1]}", $"X-API-Key: {Key},{Key}", $"Cookie: X-API-Key={Key}", $"Proxy-Authorization: Bearer {Key}",
        $"X-Forwarded-Authorization: Bearer {Key}", "Authorization: Digest username=\"a\"", "Authorization: Negotiate YII=", "X-Forwarded-User: admin", "X-Client-Cert: MIIB",
    ];

    /// <summary>Asked without credentials: none of these tells what is there.</summary>
    public static string[] Routes => ["/v1/node", "{ns}", "/v1/namespaces/absent", "/v1/jobs/x", "{ns}/images/a", "{ns}/leases?pageSize=0", "{ns}/content/not-a-digest", "/V1/NODE", "/v1/namespaces/%2d"];

    /// <summary>What a browser sends for a page of another site.</summary>
    public static TheoryData<string> OtherSites =>
    [
        "Origin: http://evil.test", "Origin: null", "Origin: https://{host}", "Origin: http://{host}/", "Origin: http://127.0.0.1", "Origin: http://{host}.evil.test", "Origin: http://evil.test\nSec-Fetch-Site: same-origin", "Origin: http://{host}\nSec-Fetch-Site: cross-site",
        "Origin: http://{host}\nOrigin: http://evil.test", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: bogus", "Sec-Fetch-Site: Cross-Site", "Sec-Fetch-Site: none\nSec-Fetch-Site: cross-site", "Origin: file://", "Origin: http://localhost.evil.test", "Origin: http://u@{host}",
    ];

    public static TheoryData<string> OtherHosts =>
        ["evil.test", "127.0.0.1.evil.test", "127.1", "2130706433", "0.0.0.0", "localhost.", "localhost.evil.test", "127.0.0.1@evil.test", "evil.test:80", "*", "a b", "127.0.0.1:port", ""];
}
