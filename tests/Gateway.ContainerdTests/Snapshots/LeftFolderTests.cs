using System.Globalization;
using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Snapshots;

/// <summary>A daemon that was killed between making a snapshot's folder and recording it fails the next snapshot over the folder, once.</summary>
public sealed class LeftFolderTests
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Folder_that_a_killed_daemon_left_hinders_neither_pull_nor_snapshot(string version)
    {
        await using var node = await Node.StartAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var ns = node.Containerd.NewNamespace("left");
        await ns.CtrAsync("snapshots", "prepare", "first");
        PlantNext(node);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ns.CtrAsync("snapshots", "prepare", "refused")); // so it is for others

        PlantNext(node);
        var job = await node.Api.PullAsync(ns.Name, new { reference = registry.Add("acme/app:1", TestImage.Of(Layer.Random(1000, 1))) });
        Assert.True((string?)job["state"] is "succeeded" && (int)job["attempt"]! is 1, job.ToJsonString());
        var parent = (await node.Ctr.SnapshotsAsync(ns.Name)).Single(snapshot => snapshot.Kind is "Committed").Key;
        foreach (var kind in new[] { "active", "view" })
        {
            PlantNext(node);
            var made = await node.Api.PostAsync($"/v1/namespaces/{ns.Name}/snapshotters/overlayfs/snapshots", new { key = kind, kind, parent });
            Assert.True(made.Status is HttpStatusCode.Created, made.Text);
        }
    }

    // Folders are named by a number that counts up with each record.
    private static void PlantNext(Node node)
    {
        var folder = Path.Combine(node.Containerd.Root, "io.containerd.snapshotter.v1.overlayfs", "snapshots");
        var newest = Directory.EnumerateDirectories(folder).Max(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Path.Combine(folder, (newest + 1).ToString(CultureInfo.InvariantCulture), "fs"));
    }
}
