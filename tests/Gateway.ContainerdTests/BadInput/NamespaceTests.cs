namespace Gateway.ContainerdTests.BadInput;

/// <summary>Names of namespaces over the wire.</summary>
public sealed class NamespaceTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(NamespaceData.Cases), MemberType = typeof(NamespaceData))]
    public Task Malformed_name_is_refused_by_every_route(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
