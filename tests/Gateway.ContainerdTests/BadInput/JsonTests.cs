using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Bodies over the wire.</summary>
public sealed class JsonTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(JsonData.Cases), MemberType = typeof(JsonData))]
    public Task Body_that_is_no_JSON_of_the_operation_is_refused(string method, string path, string? body, string expected) =>
        Refusal.IsAsync(area, method, path, [("Authorization", $"Bearer {GatewayProcess.Key}"), ("Content-Type", "application/json")], Encoding.Latin1.GetBytes(body!), expected);

    [Theory]
    [MemberData(nameof(JsonData.WithHeaders), MemberType = typeof(JsonData))]
    public Task Media_type_coding_key_or_size_that_is_not_taken_is_refused(string method, string path, string headers, string? body, string expected) =>
        Refusal.WithAsync(area, method, path, headers, body, expected);

    [Fact]
    public Task UTF_8_may_be_named_in_quotes() =>
        Refusal.WithAsync(area, "POST", "{ns}/leases", "Content-Type: application/json; charset=\"UTF-8\"", """{"id":"keep"}""", "409 conflict");
}
