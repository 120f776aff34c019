namespace Gateway.ContainerdTests.BadInput;

/// <summary>Leases nobody may have, and resources that are not there to keep.</summary>
internal static class LeaseData
{
    private const string Id = "400 invalid_request id";
    private const string Term = "400 invalid_request term";
    private const string Snapshotter = "400 invalid_request snapshotter";

    public static Cases Cases
    {
        get
        {
            var cases = new Cases().Bodies("POST", "{ns}/leases", [.. Bodies]).Bodies("POST", "{ns}/leases/keep/resources", [.. Resources]);
            foreach (var id in new[] { "absent", "KEEP", "keep%20", "keep%0A", "keep%2F", "..%2Fkeep", "%252e%252e", "gw-1", "%C3%A9", new string('l', 4000) }.Select(id => $"{{ns}}/leases/{id}"))
            {
                cases.Paths("GET", "404 not_found", id, $"{id}/resources").Paths("DELETE", "404 not_found", id, $"{id}/resources?type=image&id=a");
                cases.Add("PATCH", id, """{"term":"1h"}""", "404 not_found");
                cases.Add("POST", $"{id}/resources", """{"type":"image","id":"a"}""", "404 not_found");
            }

            foreach (var (query, expected) in new[]
            {
                ("", "400 invalid_request type"), ("type=", "400 invalid_request type"), ("id=a", "400 invalid_request type"), ("type=content", Id), ("type=content&id=a", Id), ("type=bogus&id=a", "400 invalid_request type"),
                ("type=Content&id=a", "400 invalid_request type"), ("type=image&type=content&id=a", "400 invalid_request type"), ("type=image&id=a&id=b", Id), ("type=image&id=a&snapshotter=overlayfs", Snapshotter),
                ("type=snapshot&id=a", Snapshotter), ("type=snapshot&id=a&snapshotter=..", Snapshotter), ("type=snapshot&id=a&snapshotter=a%2Fb", Snapshotter), ($"type=ingest&id={new string('i', 4097)}", Id), ("type=image&id=a", "404 not_found"),
            })
            {
                cases.Add("DELETE", $"{{ns}}/leases/keep/resources?{query}", expected);
            }

            return cases.Bodies("PATCH", "{ns}/leases/keep", ("""{"term":""}""", Term), ("""{"term":"0s"}""", Term), ("""{"term":1}""", Term), ("""{"id":"other"}""", Id), ("""{"expiresAt":"2030-01-01T00:00:00Z"}""", "400 invalid_request expiresAt"), ("[]", "400 invalid_request body"))
                .Paths("DELETE", "400 invalid_request sync", "{ns}/leases/absent?sync=1", "{ns}/leases/absent?sync=yes", "{ns}/leases/absent?sync=true&sync=false");
        }
    }

    private static (string Body, string Expected)[] Bodies =>
    [
        ("""{"id":""}""", Id), ("""{"id":"."}""", Id), ("""{"id":".."}""", Id), ("""{"id":"gw-a"}""", Id), ("""{"id":"a/b"}""", Id), ("""{"id":"a b"}""", Id), ("""{"id":"a\n"}""", Id), ("""{"id":"\u0661"}""", Id), ("""{"id":"\u212a"}""", Id), ("""{"id":1}""", Id),
        ($$"""{"id":"{{new string('i', 129)}}"}""", Id), ("""{"id":"keep"}""", "409 conflict"), ("""{"id":"a","id":"b"}""", Id), ("""{"Id":"a"}""", "400 invalid_request Id"), ("""{"term":""}""", Term), ("""{"term":"59s"}""", Term), ("""{"term":"720h1s"}""", Term),
        ("""{"term":"1h1h"}""", Term), ("""{"term":"1H"}""", Term), ("""{"term":"1m1h"}""", Term), ("""{"term":" 1h"}""", Term), ("""{"term":"1h\n"}""", Term), ("""{"term":"\u0663h"}""", Term), ("""{"term":"1e3h"}""", Term), ("""{"term":"0x1h"}""", Term),
        ("""{"term":"9999999h"}""", Term), ("""{"term":"-1h"}""", Term), ("""{"term":"+1h"}""", Term), ("""{"term":60}""", Term), ("""{"term":{}}""", Term), ("""{"resources":[]}""", "400 invalid_request resources"),
    ];

    private static (string Body, string Expected)[] Resources =>
    [
        ("{}", "400 invalid_request type"), ("""{"type":"content"}""", Id), ("""{"type":"image","id":""}""", Id), ("""{"type":"image","id":null}""", Id), ("""{"type":"image","id":1}""", Id), ("""{"type":"bogus","id":"a"}""", "400 invalid_request type"),
        ("""{"type":"snapshots/overlayfs","id":"active"}""", "400 invalid_request type"), ("""{"type":"snapshot","id":"active"}""", Snapshotter), ("""{"type":"snapshot","id":"active","snapshotter":"../overlayfs"}""", Snapshotter),
        ("""{"type":"snapshot","id":"active","snapshotter":"absent"}""", "422 snapshotter_not_found"), ("""{"type":"snapshot","id":"absent","snapshotter":"overlayfs"}""", "404 not_found"), ("""{"type":"image","id":"a","snapshotter":"overlayfs"}""", Snapshotter),
        ("""{"type":"image","id":"absent"}""", "404 not_found"), ("""{"type":"ingest","id":"absent"}""", "404 not_found"), ("""{"type":"ingest","id":"\u0000"}""", "404 not_found"), ($$"""{"type":"ingest","id":"{{new string('i', 4097)}}"}""", Id),
        ($$"""{"type":"content","id":"sha256:{{new string('0', 64)}}"}""", "404 not_found"), ("""{"type":"image","id":"a","wireType":"images"}""", "400 invalid_request wireType"),
    ];
}
