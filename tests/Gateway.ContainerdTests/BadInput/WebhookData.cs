using System.Text.Json;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Receivers that may not be, and webhooks that are not.</summary>
internal static class WebhookData
{
    private const string Url = "400 invalid_request url";
    private const string Secret = "400 invalid_request secret";
    private const string Events = "400 invalid_request events";
    private const string Good = "http://127.0.0.1:9/";

    private static readonly string[] Urls =
    [
        "", " ", "/x", "//127.0.0.1/", "127.0.0.1", "127.0.0.1:9", "http://", "http://:9/", "https://", "ftp://127.0.0.1/", "file:///etc/passwd", "data:,x", "javascript:alert(1)", "unix:///run/containerd/containerd.sock", "gopher://127.0.0.1/", "ws://127.0.0.1/",
        "http://example.com/", "http://10.0.0.1/", "http://169.254.169.254/", "http://u:p@127.0.0.1:9/", "http://u@127.0.0.1:9/", "https://u@127.0.0.1:9/", "http://127.0.0.1:9/#f", "http://127.0.0.1:9@10.0.0.1/", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://127.0.0.1:0/", "https://[::1/",
        "https://[fe80::1%25lo]/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.0.1/", "https://100.64.0.1/", "https://100.100.100.200/", "https://169.254.169.254/", "https://168.63.129.16/", "https://0.0.0.0/", "https://198.18.0.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
        "https://[::]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[fe80::1]/", "https://[ff02::1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://0xa000001/", "https://167772161/", "https://012.0.0.1/", "https://10.1/",
        "https://absent.invalid/", "https://a_b.invalid/", "https://\u00e9.invalid/", $"https://{new string('a', 64)}.invalid/", $"https://{string.Concat(Enumerable.Repeat("a.", 130))}invalid/", "http://127.0.0.1:9/\r\nX: y", "http://127.0.0.1:9/ a", "http://127.0.0.1:9/\u0000", "http://127.0.0.1:9/\u2028",
        " http://127.0.0.1:9/", "http://127.0.0.1:9/\n", "http:\\\\127.0.0.1:9\\", Good + new string('a', 2048),
    ];

    private static readonly string[] Secrets =
        ["", "whsec_", "whsec_!!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", $"whsec_{new string('A', 28)}", $"whsec_{new string('A', 31)}", $"whsec_{new string('A', 89)}", $"whsec_{new string('A', 2000)}", $"WHSEC_{new string('A', 32)}", $"whsec_{new string('A', 32)}\n", $"whsec_ {new string('A', 32)}", $"whsec_{new string('-', 32)}", $" whsec_{new string('A', 32)}"];

    private static readonly string[] EventLists = ["null", "[]", "{}", "\"job.failed\"", "[null]", "[1]", "[\"\"]", "[\"*\"]", "[\"job.*\"]", "[\"Job.failed\"]", "[\"job.failed \"]", "[\"job.started\"]", "[\"job.failed\",\"job.failed\"]", "[\"job.failed\",\"job.succeeded\",\"job.canceled\",\"job.failed\"]", "[[\"job.failed\"]]"];

    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            cases.Bodies("POST", "/v1/webhooks", [.. Urls.Select(url => ($$"""{"url":{{JsonSerializer.Serialize(url)}},"events":["job.failed"]}""", Url))]);
            cases.Bodies("POST", "/v1/webhooks", [.. Secrets.Select(secret => ($$"""{"url":"{{Good}}","events":["job.failed"],"secret":{{JsonSerializer.Serialize(secret)}}}""", Secret))]);
            cases.Bodies("POST", "/v1/webhooks", [.. EventLists.Select(events => ($$"""{"url":"{{Good}}","events":{{events}}}""", events is "[1]" or "[[\"job.failed\"]]" ? "400 invalid_request" : Events))]);
            cases.Bodies("POST", "/v1/webhooks", [.. new[] { "", "..", "a\n", "-", "*", "é" }.Select(name => ($$"""{"url":"{{Good}}","events":["job.failed"],"namespace":{{JsonSerializer.Serialize(name)}}}""", "400 invalid_request namespace"))]);
            cases.Bodies("POST", "/v1/webhooks", ("""{"events":["job.failed"]}""", Url), ("""{"url":null,"events":["job.failed"]}""", Url), ("""{"url":1,"events":["job.failed"]}""", Url), ("""{"url":["http://127.0.0.1:9/"],"events":["job.failed"]}""", Url), ("""{"url":"http://127.0.0.1:9/","events":["job.failed"],"headers":{}}""", "400 invalid_request headers"));
            foreach (var id in new[] { "absent", "%2e%2e%2fwebhooks", "%0A", "%C3%A9", "'%20OR%201=1", new string('0', 26), new string('w', 4000) }.Select(id => $"/v1/webhooks/{id}"))
            {
                cases.Paths("GET", "404 not_found", id, $"{id}/deliveries").Paths("DELETE", "404 not_found", id).Paths("POST", "404 not_found", $"{id}/resume", $"{id}/deliveries/absent/redeliver");
            }

            return cases;
        }
    }
}
