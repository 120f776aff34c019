using System.Text.Json;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Texts that are no image references, each sent to every operation that takes one.</summary>
internal static class ReferenceData
{
    private static readonly string[] Malformed =
    [
        " alpine", "alpine ", "alpine\t", "alpine\n", "al pine", "alpine\u0000", "Alpine", "docker.io/Library/alpine", "alpine:", "alpine:.x", "alpine:-x",
        "alpine:a:b", "alpine@", "alpine@sha256", "alpine@sha256:", "alpine@md5:d41d8cd98f00b204e9800998ecf8427e", "alpine@sha256:ABC", "@sha256:0", ":latest",
        "/alpine", "alpine/", "a//b", "a/../b", "../a", "./a", "a___b", "a..b", "-a", "a-", "_a", "a_", "a.", ".a/b", "http://docker.io/alpine",
        "user:password@docker.io/alpine", "docker.io/alpine?tag=1", "docker.io/alpine#1", "docker.io/a%2fb", "docker.io/é", "caf\u00e9", "\u212aa", "al\u200bpine",
        "localhost:port/a", "[::1/a", "::1/a", "a,b", "a;b", "a|b", "$(id)", "`id`", "a'b", "a\"b", "a\\b", "\ud83d\ude00",
        "0000000000000000000000000000000000000000000000000000000000000000",
        new('a', 256), "a:" + new string('t', 129), string.Concat(Enumerable.Repeat("a/", 200)) + "a",
    ];

    /// <summary>Operations that take a reference: path, body around it, field.</summary>
    private static readonly (string Path, string Body, string Name)[] Operations =
    [
        ("pull", """{"reference":REF}""", "reference"),
        ("resolve", """{"reference":REF}""", "reference"),
        ("tag", """{"source":"some:1","target":REF}""", "target"),
        ("push", """{"reference":"some:1","target":REF}""", "target"),
        ("compose", """{"reference":REF,"layers":[{"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}]}""", "reference"),
        ("commit", """{"reference":REF,"container":"c"}""", "reference"),
    ];

    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            foreach (var (path, body, name) in Operations)
            {
                cases.Bodies("POST", $"{{ns}}/images/{path}", [.. Malformed.Select(text => (body.Replace("REF", JsonSerializer.Serialize(text), StringComparison.Ordinal), $"400 invalid_request {name}"))]);
            }

            return cases.Paths("GET", "404 image_not_found", [.. Malformed.Where(text => !text.Contains('\0')).Take(57).Select(text => $"{{ns}}/images/{Uri.EscapeDataString(text)}")]);
        }
    }
}
