namespace Gateway.ContainerdTests.BadInput;

/// <summary>Queries over the wire.</summary>
public sealed class QueryTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(QueryData.Cases), MemberType = typeof(QueryData))]
    public Task Parameter_that_cannot_be_meant_is_refused(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
