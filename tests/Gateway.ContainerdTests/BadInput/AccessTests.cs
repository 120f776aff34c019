namespace Gateway.ContainerdTests.BadInput;

/// <summary>Credentials, other sites' pages and other hosts' names, over the wire.</summary>
public sealed class AccessTests(ContentArea area) : IClassFixture<ContentArea>
{
    private const string Lease = """{"id":"never-made"}""";

    [Theory]
    [MemberData(nameof(AccessData.NoCredentials), MemberType = typeof(AccessData))]
    public async Task Nobody_gets_in_or_learns_what_is_there(string headers)
    {
        foreach (var route in AccessData.Routes)
        {
            await Refusal.IsAsync(area, "GET", route, [.. Refusal.HeadersOf(headers)], body: null, "401 unauthorized");
        }

        await Refusal.IsAsync(area, "POST", "{ns}/leases", [.. Refusal.HeadersOf(headers), ("Content-Type", "application/json")], System.Text.Encoding.UTF8.GetBytes(Lease), "401 unauthorized");
    }

    [Theory]
    [MemberData(nameof(AccessData.OtherSites), MemberType = typeof(AccessData))]
    public async Task Page_of_another_site_changes_nothing(string headers)
    {
        headers = headers.Replace("{host}", area.Node.Gateway.Url.Authority, StringComparison.Ordinal);
        await Refusal.WithAsync(area, "POST", "{ns}/leases", $"Content-Type: application/json\n{headers}", Lease, "403 forbidden");
        await Refusal.WithAsync(area, "DELETE", "{ns}/leases/keep", headers, null, "403 forbidden");
        await Refusal.WithAsync(area, "PUT", $"{{ns}}/content/{ContentArea.Hello}", headers, "hello", "403 forbidden");
    }

    [Theory]
    [MemberData(nameof(AccessData.OtherHosts), MemberType = typeof(AccessData))]
    public Task Name_of_another_host_is_refused(string host) => Refusal.WithAsync(area, "GET", "/v1/node", $"Host: {host}", null, "400");
}
