namespace Gateway.ContainerdTests.BadInput;

/// <summary>Leases and what they keep, over the wire.</summary>
public sealed class LeaseTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(LeaseData.Cases), MemberType = typeof(LeaseData))]
    public Task Lease_that_cannot_be_is_refused(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
