namespace Gateway.ContainerdTests.BadInput;

/// <summary>Snapshots over the wire.</summary>
public sealed class SnapshotTests(ContentArea area) : IClassFixture<ContentArea>
{
    [Theory]
    [MemberData(nameof(SnapshotData.Cases), MemberType = typeof(SnapshotData))]
    public Task What_is_not_there_is_told_so(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);

    [Theory]
    [MemberData(nameof(SnapshotData.Bodies), MemberType = typeof(SnapshotData))]
    public Task Snapshot_that_cannot_be_is_refused(string method, string path, string? body, string expected) => Refusal.IsAsync(area, method, path, body, expected);
}
