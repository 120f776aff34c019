namespace Gateway.ContainerdTests.BadInput;

/// <summary>Pages, filters and switches that cannot be meant.</summary>
internal static class QueryData
{
    private static readonly string[] Lists = ["/v1/namespaces", "/v1/jobs", "/v1/webhooks", "{ns}/images", "{ns}/content", "{ns}/ingests", "{ns}/leases", "{ns}/leases/keep/resources", "{ns}/snapshotters/overlayfs/snapshots", "{ns}/snapshotters/overlayfs/snapshots/active/changes"];

    private static readonly string[] Sizes = ["0", "-1", "1001", "2147483647", "2147483648", "9223372036854775808", "1.0", "1e2", "0x10", "many", "1%00", "%D9%A1", "1,000", "true"];

    // Of lists that page by a key: what was not sealed by them.
    private static readonly string[] Tokens = ["%00", "AAAA", "MQ", "MjphYmM", "%F0%9F%98%80", "..%2F..%2F", "MTr_", "not+base64", "=", "MTo%3D%3D%3D"];

    private static readonly string[] Filters = ["name%3D%3D", "%3D%3Da", "name%3D", "name%3Da", ",", "name%3D%3Da,", "labels.", "labels.%22a", "name!%3D", "name%20%3D%3D%20", "!name", "name%3D%3D%22a", "name~%3D%22%5Cq%22"];

    public static Cases Cases
    {
        get
        {
            var cases = new Cases();
            foreach (var list in Lists)
            {
                cases.Paths("GET", "400 invalid_request pageSize", [.. Sizes.Select(size => $"{list}?pageSize={size}").Append($"{list}?pageSize=1&pageSize=2")]);
                cases.Paths("GET", "400 invalid_request pageToken", [.. Tokens.Select(token => $"{list}?pageToken={token}").Append($"{list}?pageToken=MTo&pageToken=MTo").Append($"{list}?pageToken={new string('A', 8000 - list.Length)}")]);
            }

            foreach (var list in new[] { "{ns}/images", "{ns}/content", "{ns}/leases", "{ns}/snapshotters/overlayfs/snapshots" })
            {
                cases.Paths("GET", "400 invalid_request filter", [.. Filters.Select(filter => $"{list}?filter={filter}")]);
                cases.Paths("GET", "400 invalid_request filter", $"{list}?filter=", $"{list}?filter={new string('a', 1025)}", $"{list}?{string.Join('&', Enumerable.Repeat("filter=name==a", 17))}");
            }

            // The daemon takes a broken expression for one that nothing matches; images are matched here.
            cases.Add("GET", "{ns}/images?filter=name~%3D%2F(%2F", "400 invalid_request filter");
            return cases.Paths("GET", "400 invalid_request view", "{ns}/images?view=half", "{ns}/images?view=FULL%20", "{ns}/images?view=full&view=full", "{ns}/snapshotters/overlayfs/snapshots?view=branch", "{ns}/snapshotters/overlayfs/snapshots?view=tree&view=tree")
                .Paths("GET", "400 invalid_request platform", "{ns}/images/a/manifest?platform=linux", "{ns}/images/a/config?platform=a%2Fb%2Fc%2Fd", "{ns}/images/export?reference=a&platform=linux", "{ns}/images/a/manifest?platform=linux%2Famd64&platform=linux%2Farm64")
                .Paths("GET", "400 invalid_request reference", "{ns}/images/export", "{ns}/images/export?reference=")
                .Paths("DELETE", "400 invalid_request sync", "{ns}/images/a?sync=1", "{ns}/images/a?sync=on", "{ns}/images/a?sync=true&sync=true");
        }
    }
}
