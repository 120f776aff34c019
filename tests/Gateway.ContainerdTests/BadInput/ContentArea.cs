using System.Text;

namespace Gateway.ContainerdTests.BadInput;

/// <summary>A blob, a snapshot that is written to, a committed one, and the lease that keeps them.</summary>
public sealed class ContentArea(Nodes nodes) : Area(nodes)
{
    /// <summary>Digest of <c>hello</c>, which is there.</summary>
    public const string Hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    protected override async Task PrepareAsync()
    {
        await MakeAsync("/leases", new { id = "keep" });
        using var hello = new ByteArrayContent(Encoding.UTF8.GetBytes("hello"));
        Assert.Equal(201, (int)(await Node.Api.SendAsync(HttpMethod.Put, $"{Path}/content/{Hello}?lease=keep", hello)).Status);
        await MakeAsync("/snapshotters/overlayfs/snapshots", new { key = "root", kind = "active", lease = "keep" });
        await MakeAsync("/snapshotters/overlayfs/snapshots/root/commit", new { name = "committed", lease = "keep" });
        await MakeAsync("/snapshotters/overlayfs/snapshots", new { key = "active", kind = "active", parent = "committed", lease = "keep" });
    }

    protected override async Task ReleaseAsync()
    {
        await RemoveAsync("/snapshotters/overlayfs/snapshots/active");
        await RemoveAsync("/snapshotters/overlayfs/snapshots/committed");
        await RemoveAsync("/leases/keep?sync=true");
    }
}
