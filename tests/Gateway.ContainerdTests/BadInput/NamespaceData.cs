using System.Text.Json;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Texts that are no names of namespaces, each sent to every group of routes.</summary>
internal static class NamespaceData
{
    private static readonly string[] Malformed =
    [
        "-a", "a-", ".a", "a.", "_a", "a_", "a..b", "a__b", "a--b", "a._b", " a", "a ", "a b", "a\n", "a\t", "a/b", "../a", "a%", "a\u007f", "é", "a\u212a", "\u0430bc", "\ud83d\ude00",
        "a,b", "a;b", "a=b", "a:b", "a@b", "$(id)", "*", "a*", new('a', 77), new('a', 4000), string.Join('.', Enumerable.Repeat("a", 39)),
    ];

    public static Cases Cases
    {
        get
        {
            const string expected = "400 invalid_request namespace";
            var cases = new Cases();
            foreach (var name in Malformed)
            {
                var path = $"/v1/namespaces/{Uri.EscapeDataString(name)}";
                cases.Paths("GET", expected, path, $"{path}/images", $"{path}/leases", $"{path}/snapshotters/overlayfs/snapshots/x/files").Paths("DELETE", expected, path, $"{path}/ingests/x");
                cases.Add("PATCH", path, """{"labels":{}}""", expected);
                cases.Add("POST", $"{path}/images/pull", """{"reference":"a"}""", expected);
                cases.Add("POST", "/v1/namespaces", $$"""{"name":{{JsonSerializer.Serialize(name)}}}""", "400 invalid_request name");
            }

            return cases.Paths("GET", "404 not_found", "/v1/namespaces/absent", "/v1/namespaces/ABSENT").Paths("DELETE", "404 not_found", "/v1/namespaces/absent?force=true")
                .Bodies("POST", "/v1/namespaces", ("{}", "400 invalid_request name"), ("""{"name":null}""", "400 invalid_request name"), ("""{"name":""}""", "400 invalid_request name"), ("""{"name":["a"]}""", "400 invalid_request name"));
        }
    }
}
