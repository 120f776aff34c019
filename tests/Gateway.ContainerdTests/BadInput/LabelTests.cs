namespace Gateway.ContainerdTests.BadInput;

/// <summary>Labels over the wire.</summary>
public sealed class LabelTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(LabelData.Cases), MemberType = typeof(LabelData))]
    public Task Labels_that_are_malformed_or_steer_containerd_are_refused(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);

    [Theory]
    [InlineData("{ns}")]
    [InlineData("{ns}/leases/keep")]
    [InlineData($"{{ns}}/content/{ContentArea.Hello}")]
    [InlineData("{ns}/snapshotters/overlayfs/snapshots/active")]
    public async Task Changes_give_no_resource_more_labels_than_the_bound(string path)
    {
        await Refusal.IsAsync(area, "PATCH", path, Patch(0, 64, "\"v\""), "200");
        await Refusal.IsAsync(area, "PATCH", path, Patch(64, 1, "\"v\""), "400 invalid_request labels");
        await Refusal.IsAsync(area, "PATCH", path, Patch(0, 64, "null"), "200");
    }

    private static string Patch(int from, int count, string value) =>
        $"{{\"labels\":{{{string.Join(',', Enumerable.Range(from, count).Select(number => $"\"number{number}\":{value}"))}}}}}";
}
