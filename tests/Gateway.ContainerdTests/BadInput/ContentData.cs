namespace Gateway.ContainerdTests.BadInput;

/// <summary>Uploads that must leave nothing, and ranges and conditions that cannot be met.</summary>
public static class ContentData
{
    private const string Zeros = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    private const string Empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private const string Mismatch = "422 digest_mismatch";
    private const string BadRange = "400 invalid_request Content-Range";

    /// <summary>Method, path, headers, body, answer.</summary>
    public static TheoryData<string, string, string, string?, string> WithHeaders
    {
        get
        {
            var cases = new TheoryData<string, string, string, string?, string>();
            foreach (var type in new[] { "", "Content-Type: application/octet-stream", "Content-Type: text/plain", "Content-Type: garbage", "Content-Type: application/json; charset=bogus", "Content-Encoding: gzip" })
            {
                cases.Add("PUT", $"{{ns}}/content/{Zeros}", type, "hello", Mismatch);
                cases.Add("PUT", $"{{ns}}/content/{Empty}", type, "h", Mismatch);
            }

            cases.Add("PUT", $"{{ns}}/content/{Zeros}", "Content-Range: bytes 0-4/5", "hello", Mismatch);
            foreach (var range in new[]
            {
                "bytes 0-0/5", "bytes 0-5/6", "bytes 0-4/4", "bytes 4-0/5", "bytes 0-4/*", "bytes */5", "bytes -4/5", "bytes 0-/5", "bytes 0-4", "0-4/5", "items 0-4/5", "bytes=0-4/5", "bytes 0-4/5, bytes 0-4/5",
                "bytes 0-99999999999999999999/5", "bytes 0-4/18446744073709551616", "bytes 9223372036854775808-9223372036854775812/9223372036854775813", "bytes a-b/c", "bytes", "x", "bytes 0x0-0x4/0x5", "bytes +0-4/5",
            })
            {
                cases.Add("PUT", $"{{ns}}/content/{Zeros}", $"Content-Range: {range}", "hello", BadRange);
            }

            cases.Add("PUT", $"{{ns}}/content/{Zeros}", "Content-Range: bytes 0-4/9223372036854775807", "hello", "413 payload_too_large");
            cases.Add("PUT", $"{{ns}}/content/{Zeros}", "Content-Range: bytes 5-9/10", "hello", "416 range_not_satisfiable");
            cases.Add("PUT", $"{{ns}}/content/sha512:{new string('0', 128)}", "", "hello", "501 not_supported_by_containerd");
            foreach (var range in new[] { "bytes=5-", "bytes=5-9", "bytes=-0", "bytes=9223372036854775807-", "bytes=6-7" })
            {
                cases.Add("GET", $"{{ns}}/content/{ContentArea.Hello}", $"Range: {range}", null, "416 range_not_satisfiable");
            }

            foreach (var tag in new[] { "x", "\"x\"", $"W/\"{ContentArea.Hello}\"", "\"a\", \"b\"", "\"", "" })
            {
                cases.Add("GET", $"{{ns}}/content/{ContentArea.Hello}", $"If-Match: {tag}", null, "412 precondition_failed");
                cases.Add("DELETE", $"{{ns}}/content/{ContentArea.Hello}", $"If-Match: {tag}", null, "412 precondition_failed");
                cases.Add("PATCH", $"{{ns}}/content/{ContentArea.Hello}", $"Content-Type: application/json\nIf-Match: {tag}", """{"labels":{"a":"b"}}""", "412 precondition_failed");
                cases.Add("DELETE", "{ns}/leases/keep", $"If-Match: {tag}", null, "412 precondition_failed");
                cases.Add("DELETE", "{ns}/snapshotters/overlayfs/snapshots/active", $"If-Match: {tag}", null, "412 precondition_failed");
                cases.Add("DELETE", "{ns}", $"If-Match: {tag}", null, "412 precondition_failed");
            }

            return cases;
        }
    }

    public static Cases Plain
    {
        get
        {
            var cases = new Cases();
            foreach (var (query, expected) in new[]
            {
                ("lease=", "400 invalid_request lease"), ("lease=absent", "404 not_found"), ("lease=%0A", "400 invalid_request lease"), ("lease=%C3%A9", "400 invalid_request lease"),
                ("lease=a%00", "400 invalid_request lease"), ("lease=%20a", "400 invalid_request lease"), ($"lease={new string('a', 4097)}", "400 invalid_request lease"), ("lease=keep&lease=other", "400 invalid_request lease"),
                ("lease=gw-x", "404 not_found"), ("term=", "400 invalid_request term"), ("term=0s", "400 invalid_request term"), ("term=59s", "400 invalid_request term"), ("term=721h", "400 invalid_request term"),
                ("term=-1h", "400 invalid_request term"), ("term=1.5h", "400 invalid_request term"), ("term=1d", "400 invalid_request term"), ("term=%D9%A1h", "400 invalid_request term"), ("term=1h&term=2h", "400 invalid_request term"),
                ("term=999999h999999m999999s", "400 invalid_request term"), ("term=1h&lease=keep", "400 invalid_request term"), ("term=1h%0A", "400 invalid_request term"),
            })
            {
                cases.Add("PUT", $"{{ns}}/content/{Empty}?{query}", expected);
            }

            return cases.Paths("GET", "404 not_found", $"{{ns}}/content/{Zeros}", $"{{ns}}/content/{Zeros}/references", $"{{ns}}/content/{Zeros}?force=true")
                .Paths("DELETE", "404 not_found", $"{{ns}}/content/{Zeros}", $"{{ns}}/content/{Zeros}?force=true", "{ns}/ingests/absent", "{ns}/ingests/..%2F..%2Fetc", "{ns}/ingests/%0A", "{ns}/ingests/%252F")
                .Paths("DELETE", "409 content_in_use", $"{{ns}}/content/{ContentArea.Hello}", $"{{ns}}/content/{ContentArea.Hello}?force=false")
                .Paths("DELETE", "400 invalid_request force", $"{{ns}}/content/{Zeros}?force=1", $"{{ns}}/content/{Zeros}?force=yes", $"{{ns}}/content/{Zeros}?force=true&force=true")
                .Bodies("PATCH", $"{{ns}}/content/{Zeros}", ("""{"labels":{}}""", "404 not_found"), ("""{"labels":null}""", "400 invalid_request labels"), ("""{"size":1,"labels":{}}""", "400 invalid_request size"), ("{}", "400 invalid_request labels"));
        }
    }
}
