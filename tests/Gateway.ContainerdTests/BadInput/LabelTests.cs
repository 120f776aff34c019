namespace Gateway.ContainerdTests.BadInput;

/// <summary>Labels over the wire.</summary>
public sealed class LabelTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(LabelData.Cases), MemberType = typeof(LabelData))]
    public Task Labels_that_are_malformed_or_steer_containerd_are_refused(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
