namespace Gateway.ContainerdTests.BadInput;

/// <summary>Digests over the wire.</summary>
public sealed class DigestTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(DigestData.Cases), MemberType = typeof(DigestData))]
    public Task Malformed_digest_is_refused_by_every_operation(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
