using System.Globalization;
using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>A daemon that was killed between making a snapshot's folder and recording it can make none until it has removed one.</summary>
public sealed class LeftFolderTests
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Folder_that_a_killed_daemon_left_is_told_and_waited_for(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var ns = node.Containerd.NewNamespace("left");
        await ns.CtrAsync("snapshots", "prepare", "first");
        Directory.CreateDirectory(Path.Combine(node.Containerd.Root, "io.containerd.snapshotter.v1.overlayfs", "snapshots", Next(node), "fs"));

        var refused = await node.Api.PostAsync($"/v1/namespaces/{ns.Name}/snapshotters/overlayfs/snapshots", new { key = "second", kind = "active" });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "snapshotter_blocked"), (refused.Status, refused.Code));
        Assert.NotNull(refused.Headers.RetryAfter);

        var job = await node.Api.StartPullAsync(ns.Name, new { reference = registry.Add("acme/app:1", TestImage.Of(Layer.Random(1000, 1))) });
        var id = (string)job["id"]!;
        await Wait.UntilAsync(async () => (int)(await node.Api.JobAsync(id))["attempt"]! > 0 && (string?)(await node.Api.JobAsync(id))["state"] is "queued", "the pull waits to be tried again");
        await ns.CtrAsync("snapshots", "rm", "first");
        await node.Ctr.CollectAsync(ns.Name);
        job = await node.Api.EndOfAsync(id);
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
    }

    // Folders are named by a number that counts up with each record.
    private static string Next(Node node)
    {
        var folder = Path.Combine(node.Containerd.Root, "io.containerd.snapshotter.v1.overlayfs", "snapshots");
        var newest = Directory.EnumerateDirectories(folder).Max(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        return (newest + 1).ToString(CultureInfo.InvariantCulture);
    }
}
