using System.Text.Json;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Labels nobody may set, sent to every operation that takes some.</summary>
internal static class LabelData
{
    private const string Invalid = "400 invalid_request labels";
    private const string Reserved = "403 reserved_label";

    private static readonly (string Labels, string Expected)[] Malformed =
    [
        ("""{"":"x"}""", Invalid),
        ("""{"a\u0000":"x"}""", Invalid),
        ("""{"a\n":"x"}""", Invalid),
        ("""{"a\u007f":"x"}""", Invalid),
        ("""{"a\u0085":"x"}""", Invalid),
        ("""{"a":"x\u0000"}""", Invalid),
        ("""{"\ud800":"x"}""", Invalid),
        ("""{"a":"\udc00"}""", Invalid + ".a"),
        ("""{"a":1}""", Invalid + ".a"),
        ("""{"a":true}""", Invalid + ".a"),
        ("""{"a":["b"]}""", Invalid + ".a"),
        ("""{"a":{"b":"c"}}""", Invalid + ".a"),
        ("""{"a":"b","a":"c"}""", Invalid + ".a"),
        ("""[]""", Invalid),
        ("\"a=b\"", Invalid),
        ("1", Invalid),
        (Pair("a", new('x', 4096)), Invalid),
        (Pair(new('k', 4097), ""), Invalid),
        (Pair(new('é', 2048), "x"), Invalid),
        (Many(65), Invalid),
        (Pair("containerd.io/restart.loguri", "binary:///bin/true"), Reserved),
        (Pair("containerd.io/restart.status", "running"), Reserved),
        (Pair("containerd.io/gc.root", "now"), Reserved),
        (Pair("containerd.io/gc.ref.content.0", "sha256:0"), Reserved),
        (Pair("containerd.io/namespace.shareable", "true"), Reserved),
        (Pair("containerd.io/snapshot/cri.image-ref", "x"), Reserved),
        (Pair("containerd.io/", ""), Reserved),
        (Pair("io.cri-containerd.pinned", "pinned"), Reserved),
        (Pair("io.cri-containerd", ""), Reserved),
        ("""{"a":"b","containerd.io/uncompressed":"sha256:0"}""", Reserved),
        ("""{"containerd\u002eio/gc.flat":"1"}""", Reserved),
    ];

    /// <summary>Operations that make something with labels.</summary>
    private static readonly (string Path, string Body)[] Making =
    [
        ("/v1/namespaces", """{"name":"never-made","labels":LABELS}"""),
        ("{ns}/leases", """{"labels":LABELS}"""),
        ("{ns}/snapshotters/overlayfs/snapshots", """{"key":"never-made","kind":"active","labels":LABELS}"""),
        ("{ns}/snapshotters/overlayfs/snapshots/active/commit", """{"name":"never-made","labels":LABELS}"""),
        ("{ns}/snapshotters/overlayfs/snapshots/active/diff", """{"labels":LABELS}"""),
        ("{ns}/images/pull", """{"reference":"127.0.0.1:1/a","labels":LABELS}"""),
    ];

    private static readonly string[] Changed = ["{ns}", "{ns}/leases/keep", "{ns}/content/{blob}", "{ns}/snapshotters/overlayfs/snapshots/active"];

    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            foreach (var (path, body) in Making)
            {
                cases.Bodies("POST", path, [.. Malformed.Append((Labels: """{"a":null}""", Expected: Invalid)).Select(labels => (body.Replace("LABELS", labels.Labels, StringComparison.Ordinal), labels.Expected))]);
            }

            foreach (var path in Changed.Select(path => path.Replace("{blob}", ContentArea.Hello, StringComparison.Ordinal)))
            {
                cases.Bodies("PATCH", path, [.. Malformed.Select(labels => ($$"""{"labels":{{labels.Labels}}}""", labels.Expected))]);
                cases.Bodies("PATCH", path, ("""{"labels":{"containerd.io/gc.expire":null}}""", Reserved), ("""{"labels":{"":null}}""", Invalid));
            }

            return cases.Bodies("POST", "{ns}/leases", ("""{"labels":{"gateway/job":"x"}}""", Reserved)).Bodies("PATCH", "{ns}/leases/keep", ("""{"labels":{"gateway/job":null}}""", Reserved));
        }
    }

    private static string Pair(string key, string value) => JsonSerializer.Serialize(new Dictionary<string, string> { [key] = value });

    private static string Many(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(number => $"k{number}", _ => ""));
}
