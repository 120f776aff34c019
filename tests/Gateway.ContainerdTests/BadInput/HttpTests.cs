namespace Gateway.ContainerdTests.BadInput;

/// <summary>Methods and targets over the wire.</summary>
public sealed class HttpTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(HttpData.Cases), MemberType = typeof(HttpData))]
    public Task Request_that_leads_nowhere_is_told_so(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
