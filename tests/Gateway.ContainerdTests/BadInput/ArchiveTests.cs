using Gateway.TestKit;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>Archives over the wire.</summary>
public sealed class ArchiveTests(ContentArea area) : IClassFixture<ContentArea>
{
    public static TheoryData<string> Names => [.. ArchiveData.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public Task Archive_that_is_none_is_refused_and_leaves_nothing(string name) =>
        Refusal.IsAsync(area, "POST", "{ns}/images/import", [("Authorization", $"Bearer {GatewayProcess.Key}"), ("Content-Type", "application/x-tar")], ArchiveData.All[name].Bytes, ArchiveData.All[name].Expected);

    [Theory]
    [MemberData(nameof(ArchiveData.Queries), MemberType = typeof(ArchiveData))]
    public Task Import_that_cannot_be_meant_is_refused(string method, string path, string? body, string expected) =>
        Refusal.WithAsync(area, method, path, "Content-Type: application/x-tar", body ?? "x", expected);
}
