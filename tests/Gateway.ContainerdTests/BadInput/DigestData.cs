namespace Gateway.ContainerdTests.BadInput;

/// <summary>Texts that are no digests, each sent to every operation that takes one.</summary>
internal static class DigestData
{
    private static readonly string Zeros = new('0', 64);

    private static readonly string[] Malformed =
    [
        "sha256", "sha256:", $"sha256:{Zeros[1..]}", $"sha256:{Zeros}0", $"SHA256:{Zeros}", $"sha256:{new string('A', 64)}", $"sha256:{new string('g', 64)}",
        $"sha512:{Zeros}", $"sha512:{Zeros}{Zeros}0", $"sha384:{Zeros}{Zeros[..32]}", "md5:d41d8cd98f00b204e9800998ecf8427e", $"sha1:{Zeros[..40]}", Zeros,
        $"sha256:{Zeros}%0A", $"%20sha256:{Zeros}", $"sha256:{Zeros}%20", $"sha256:{Zeros[1..]}%2F", $"..%2Fsha256:{Zeros}", $"sha256:{Zeros}%2F..", $"sha256:sha256:{Zeros}",
        $"sha256+b64:{Zeros}", $"sha256:{Zeros}@sha256:{Zeros}", $"sha256:{Zeros};x", $"sha256:{Zeros},sha256:{Zeros}", $"sha256:0x{Zeros[2..]}", "sha256:%EF%BC%90",
        $"sha256:{string.Concat(Enumerable.Repeat("%EF%BC%90", 64))}", $"sha256:%D9%A0{Zeros[1..]}", $"%252e%252e%252f{Zeros}", new string('a', 4000),
    ];

    public static Cases Cases
    {
        get
        {
            const string expected = "400 invalid_request digest";
            var cases = new Cases();
            foreach (var digest in Malformed)
            {
                cases.Paths("GET", expected, $"{{ns}}/content/{digest}", $"{{ns}}/content/{digest}/references");
                cases.Paths("HEAD", expected, $"{{ns}}/content/{digest}").Paths("PUT", expected, $"{{ns}}/content/{digest}").Paths("DELETE", expected, $"{{ns}}/content/{digest}");
                cases.Add("PATCH", $"{{ns}}/content/{digest}", """{"labels":{}}""", expected);
                var text = System.Text.Json.JsonSerializer.Serialize(Uri.UnescapeDataString(digest));
                cases.Add("POST", "{ns}/images/compose", $$"""{"reference":"a:1","layers":[{"digest":{{text}}}]}""", "400 invalid_request layers[0].digest");
                cases.Add("POST", "{ns}/leases/keep/resources", $$"""{"type":"content","id":{{text}}}""", "400 invalid_request id");
            }

            return cases;
        }
    }
}
