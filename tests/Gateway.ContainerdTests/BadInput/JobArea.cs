namespace Gateway.ContainerdTests.BadInput;

/// <summary>With a job that has ended and a snapshot.</summary>
public sealed class JobArea(Nodes nodes) : Area(nodes)
{
    public string Job { get; private set; } = "";

    protected override async Task PrepareAsync()
    {
        await MakeAsync("/leases", new { id = "keep" });
        await MakeAsync("/snapshotters/overlayfs/snapshots", new { key = "active", kind = "active", lease = "keep" });
        Job = (string)(await Node.Api.PostAsync($"{Path}/images/prune", new { dryRun = true }, ("Prefer", "wait=30"))).Json["id"]!;
        await Node.Api.EndOfAsync(Job);
    }

    protected override async Task ReleaseAsync()
    {
        await Node.Api.SendAsync(HttpMethod.Delete, $"/v1/jobs/{Job}");
        await RemoveAsync("/snapshotters/overlayfs/snapshots/active");
        await RemoveAsync("/leases/keep?sync=true");
    }
}
