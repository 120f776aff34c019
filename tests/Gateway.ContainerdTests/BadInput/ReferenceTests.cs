namespace Gateway.ContainerdTests.BadInput;

/// <summary>Image references over the wire.</summary>
public sealed class ReferenceTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(ReferenceData.Cases), MemberType = typeof(ReferenceData))]
    public Task Malformed_reference_is_refused_by_every_operation(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
