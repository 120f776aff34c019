namespace Gateway.ContainerdTests.BadInput;

/// <summary>What is no JSON, or JSON of another shape, sent to every operation that takes some. Bodies are Latin-1 where they stand for bytes.</summary>
public static class JsonData
{
    private const string Body = "400 invalid_request body";

    private static readonly (string Method, string Path)[] Operations =
    [
        ("POST", "/v1/namespaces"), ("POST", "/v1/webhooks"), ("POST", "{ns}/leases"), ("POST", "{ns}/leases/keep/resources"), ("POST", "{ns}/images/pull"), ("POST", "{ns}/images/push"), ("POST", "{ns}/images/tag"), ("POST", "{ns}/images/prune"),
        ("POST", "{ns}/images/resolve"), ("POST", "{ns}/images/commit"), ("POST", "{ns}/images/compose"), ("POST", "{ns}/snapshotters/overlayfs/snapshots"), ("POST", "{ns}/snapshotters/overlayfs/snapshots/active/commit"), ("POST", "{ns}/snapshotters/overlayfs/snapshots/active/diff"),
        ("PATCH", "{ns}"), ("PATCH", "{ns}/leases/keep"), ("PATCH", "{ns}/images/a"), ("PATCH", "{ns}/snapshotters/overlayfs/snapshots/active"),
    ];

    private static readonly (string Body, string Expected)[] Bodies =
    [
        ("", Body), (" ", Body), ("null", Body), ("[]", Body), ("[{}]", Body), ("\"{}\"", Body), ("1", Body), ("true", Body), ("{", Body), ("}", Body), ("{}}", "400 invalid_request"), ("{} {}", "400 invalid_request"), ("{}\0", "400 invalid_request"), ("{'a':1}", Body), ("{a:1}", Body), ("{\"a\"}", Body),
        ("// {}", Body), ("/* */{}", Body), ("NaN", Body), ("undefined", Body), ("<a/>", Body), ("a=b", Body), ("\u00ff\u00fe{\0}\0", Body), ("{\"\\ud800\":1}", Body), ("{\"\u00ff\":", "400 invalid_request"),
        ("{\"surprise\":1}", "400 invalid_request surprise"), ("{\"__proto__\":{}}", "400 invalid_request __proto__"), ("{\"$type\":\"System.String\"}", "400 invalid_request"), ("{\"surprise\":" + "[" + "1" + "]" + "}", "400 invalid_request surprise"),
    ];

    private static readonly (string ContentType, string Expected)[] Types =
    [
        ("text/plain", "415 unsupported_media_type"), ("text/json", "415 unsupported_media_type"), ("application/x-www-form-urlencoded", "415 unsupported_media_type"), ("multipart/form-data; boundary=x", "415 unsupported_media_type"),
        ("application/json; charset=utf-16", "415 unsupported_media_type"), ("application/json; charset=utf-7", "415 unsupported_media_type"), ("application/json; charset=bogus", "415 unsupported_media_type"), ("application/json; charset=", "415 unsupported_media_type"),
        ("application/json; charset=\"\"", "415 unsupported_media_type"), ("application/json; charset=utf-8; charset=bogus", "415 unsupported_media_type"), ("application/json, application/json", "415 unsupported_media_type"), ("garbage", "415 unsupported_media_type"),
    ];

    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            foreach (var (method, path) in Operations)
            {
                cases.Bodies(method, path, Bodies);
                cases.Bodies(method, path, ($"{{\"surprise\":{new string('[', 40)}{new string(']', 40)}}}", "400 invalid_request"), ($"{{\"{new string('k', 4000)}\":1}}", "400 invalid_request"));
            }

            return cases;
        }
    }

    /// <summary>Method, path, headers, body, answer.</summary>
    public static TheoryData<string, string, string, string?, string> WithHeaders
    {
        get
        {
            var cases = new TheoryData<string, string, string, string?, string>();
            foreach (var (type, expected) in Types)
            {
                cases.Add("POST", "{ns}/leases", $"Content-Type: {type}", "{}", expected);
                cases.Add("PATCH", "{ns}/leases/keep", $"Content-Type: {type}", "{}", expected);
                cases.Add("POST", "{ns}/images/pull", $"Content-Type: {type}", "{}", expected);
            }

            cases.Add("POST", "{ns}/leases", "", "{}", "415 unsupported_media_type");
            cases.Add("POST", "{ns}/leases", "Content-Type: application/json\nContent-Encoding: gzip", "\u001f\u008b", Body);
            cases.Add("POST", "{ns}/leases", "Content-Type: application/json", $"{{\"id\":\"{new string('i', 1 << 20)}\"}}", "413 payload_too_large");
            cases.Add("POST", "{ns}/leases", "Content-Type: application/json\nIdempotency-Key: large", $"{{\"id\":\"{new string('i', 1 << 20)}\"}}", "413 payload_too_large");
            foreach (var key in new[] { "", "a b", "é", new string('k', 256), "a\nIdempotency-Key: b", "a\u007f" })
            {
                cases.Add("POST", "{ns}/leases", $"Content-Type: application/json\nIdempotency-Key: {key}", "{}", "400 invalid_request Idempotency-Key");
            }

            return cases;
        }
    }
}
