namespace Gateway.ContainerdTests.BadInput;

/// <summary>Snapshotters, keys, terms and paths that are not there or cannot be.</summary>
internal static class SnapshotData
{
    private const string Snapshots = "{ns}/snapshotters/overlayfs/snapshots";
    private const string NotFound = "404 snapshot_not_found";

    // Each group of routes says the same of a snapshotter that is not loaded.
    private static readonly string[] Snapshotters = ["absent", "OVERLAYFS", "overlayfs%20", "%20overlayfs", "overlayfs%0A", "overlayfs%2F..", "..%2Foverlayfs", "%252e%252e", "overlayf%C5%BF", "x.so", "%2Fbin%2Fsh", new string('s', 3000)];

    private static readonly string[] Keys = ["absent", "ACTIVE", "active%20", "%20active", "active%0A", "active%2F", "..%2Factive", "%252e", "%2E%2E%2Factive", "sha256:0", "extract-1%20sha256:0", "%C3%A9", "%F0%9F%98%80", new string('k', 4000)];

    private static readonly string[] Paths =
    [
        "/absent", "absent", "/../../etc/passwd", "../etc/passwd", "/proc/self/environ", "%2Fetc%2Fshadow", "/etc/", "./etc", "/.wh.etc", "%5Cetc", "/%FF", "/%ED%A0%80", "/%C2%85", "/%EF%9E%80", "/a%0Ab", "/a%20",
        "/" + new string('a', 255), "/" + new string('a', 256), new('a', 4000), string.Concat(Enumerable.Repeat("/a", 1500)),
    ];

    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            foreach (var snapshotter in Snapshotters.Select(name => $"{{ns}}/snapshotters/{name}"))
            {
                cases.Paths("GET", "404 snapshotter_not_found", $"{snapshotter}/snapshots", $"{snapshotter}/snapshots/active", $"{snapshotter}/snapshots/active/usage", $"{snapshotter}/snapshots/active/files", $"{snapshotter}/snapshots/active/changes");
                cases.Paths("DELETE", "404 snapshotter_not_found", $"{snapshotter}/snapshots/active").Paths("POST", "404 snapshotter_not_found", $"{snapshotter}/cleanup");
                cases.Add("POST", $"{snapshotter}/snapshots", """{"key":"never-made","kind":"active","lease":"keep"}""", "404 snapshotter_not_found");
            }

            foreach (var key in Keys.Select(key => $"{Snapshots}/{key}"))
            {
                cases.Paths("GET", NotFound, key, $"{key}/usage", $"{key}/mounts", $"{key}/files", $"{key}/changes").Paths("DELETE", NotFound, key);
                cases.Add("POST", $"{key}/commit", """{"name":"never-made","lease":"keep"}""", NotFound);
                cases.Add("POST", $"{key}/diff", "{}", NotFound);
                cases.Add("PATCH", key, """{"labels":{}}""", NotFound);
            }

            cases.Paths("GET", "404 not_found", [.. Paths.Select(path => $"{Snapshots}/active/files?path={path}")]);
            cases.Paths("GET", "400 invalid_request path", $"{Snapshots}/active/files?path=", $"{Snapshots}/active/files?path=%00", $"{Snapshots}/active/files?path=/a%00b", $"{Snapshots}/active/files?path={new string('/', 4097)}", $"{Snapshots}/active/files?path=/&path=/etc");
            cases.Paths("GET", NotFound, $"{Snapshots}/active/changes?base=absent", $"{Snapshots}/active/changes?base=%0A").Paths("GET", "422 snapshot_not_in_chain", $"{Snapshots}/committed/changes?base=active");
            return cases.Paths("GET", "400 invalid_request base", $"{Snapshots}/active/changes?base=a&base=b").Paths("DELETE", "409 snapshot_has_children", $"{Snapshots}/committed")
                .Paths("POST", "501 not_supported_by_containerd", "{ns}/snapshotters/overlayfs/cleanup");
        }
    }

    public static Cases Bodies => new Cases()
        .Bodies("POST", Snapshots, [.. Requests.Select(more => ($$"""{"key":"never-made","kind":"active",{{more.Text}}}""", more.Expected))])
        .Bodies("POST", $"{Snapshots}/active/commit", [.. Requests.Where(more => !more.Text.StartsWith("\"parent", StringComparison.Ordinal)).Select(more => ($$"""{"name":"never-made",{{more.Text}}}""", more.Expected))])
        .Bodies("POST", $"{Snapshots}/active/commit", ("""{"name":"committed","lease":"keep"}""", "409 conflict"), ("""{"name":".."}""", "400 invalid_request name"), ("""{"name":""}""", "400 invalid_request name"), ("""{"name":"a%2fb"}""", "400 invalid_request name"), ("{}", "400 invalid_request name"))
        .Bodies("POST", $"{Snapshots}/committed/commit", ("""{"name":"never-made","lease":"keep"}""", "409 snapshot_kind_mismatch"))
        .Bodies("POST", $"{Snapshots}/active/diff", ("""{"mediaType":"text/plain"}""", "400 invalid_request mediaType"), ("""{"mediaType":""}""", "400 invalid_request mediaType"), ("""{"mediaType":1}""", "400 invalid_request mediaType"), ("""{"base":""}""", "400 invalid_request base"), ("""{"base":"absent"}""", "400 invalid_request base"), ("""{"mounts":[]}""", "400 invalid_request mounts"));

    private static (string Text, string Expected)[] Requests =>
    [
        ("\"lease\":\"\"", "400 invalid_request lease"), ("\"lease\":\"absent\"", "404 not_found"), ("\"lease\":\"a\\nb\"", "400 invalid_request lease"), ("\"lease\":\"é\"", "400 invalid_request lease"), ("\"lease\":1", "400 invalid_request lease"),
        ("\"lease\":\" keep\"", "400 invalid_request lease"), ("\"lease\":\"keep\",\"term\":\"1h\"", "400 invalid_request term"), ("\"term\":\"0s\"", "400 invalid_request term"), ("\"term\":\"forever\"", "400 invalid_request term"), ("\"term\":3600", "400 invalid_request term"),
        ("\"term\":\"721h\"", "400 invalid_request term"), ("\"parent\":\"\"", "400 invalid_request parent"), ("\"parent\":1", "400 invalid_request parent"), ("\"parent\":\"absent\"", NotFound), ("\"parent\":\"active\"", "409 snapshot_kind_mismatch"),
        ($"\"parent\":\"{new string('p', 4097)}\"", "400 invalid_request parent"), ("\"mounts\":[]", "400 invalid_request mounts"), ("\"options\":{}", "400 invalid_request options"), ("\"labels\":{},\"labels\":{}", "400 invalid_request labels"),
    ];
}
