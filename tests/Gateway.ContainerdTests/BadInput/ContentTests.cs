namespace Gateway.ContainerdTests.BadInput;

/// <summary>Content over the wire.</summary>
public sealed class ContentTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(ContentData.Plain), MemberType = typeof(ContentData))]
    public Task Request_for_content_that_cannot_be_met_is_refused(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);

    [Theory]
    [MemberData(nameof(ContentData.WithHeaders), MemberType = typeof(ContentData))]
    public Task Part_range_or_condition_that_cannot_be_met_is_refused(string method, string path, string headers, string? body, string expected) =>
        Refusal.WithAsync(area, method, path, headers, body, expected);
}
