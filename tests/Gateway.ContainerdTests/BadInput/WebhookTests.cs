namespace Gateway.ContainerdTests.BadInput;

/// <summary>Webhooks over the wire.</summary>
public sealed class WebhookTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(WebhookData.Cases), MemberType = typeof(WebhookData))]
    public Task Receiver_that_may_not_be_is_refused(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
