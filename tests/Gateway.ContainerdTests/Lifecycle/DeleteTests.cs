using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Lifecycle;

public sealed class DeleteTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Last_name_takes_the_bytes_off_the_disk_and_one_of_two_takes_nothing(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("disk");
        var image = TestImage.Of(Layer.Random(300_000, 330));
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns.Name, new { reference });
        await node.Api.PostAsync(Path(ns, "tag"), new { source = reference, target = "second" });
        var files = image.Blobs.Keys.Append(image.Digest).Select(node.Containerd.BlobPath).ToArray();
        Assert.All(files, file => Assert.True(File.Exists(file)));

        Assert.Equal(HttpStatusCode.NoContent, (await node.Api.SendAsync(HttpMethod.Delete, Path(ns, $"{reference}?sync=true"))).Status);
        Assert.All(files, file => Assert.True(File.Exists(file)));
        Assert.NotEmpty(await node.Ctr.SnapshotsAsync(ns.Name));

        Assert.Equal(HttpStatusCode.NoContent, (await node.Api.SendAsync(HttpMethod.Delete, Path(ns, "second?sync=true"))).Status);
        Assert.All(files, file => Assert.False(File.Exists(file), file));
        Assert.Empty(await node.Ctr.SnapshotsAsync(ns.Name));
        Assert.Equal("image_not_found", (await node.Api.SendAsync(HttpMethod.Delete, Path(ns, "second"))).Code);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Pinned_image_stays(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("pinned");
        var reference = registry.Add("pause:1", TestImage.Small(331));
        await node.Api.PullAsync(ns.Name, new { reference });
        await ns.CtrAsync("images", "label", reference, "io.cri-containerd.pinned=pinned");

        var answer = await node.Api.SendAsync(HttpMethod.Delete, Path(ns, reference));

        Assert.Equal((HttpStatusCode.Conflict, "image_pinned"), (answer.Status, answer.Code));
        Assert.Contains(reference, await node.Ctr.ImagesAsync(ns.Name));
        Assert.Contains("<code>image_pinned</code>", (await node.Api.GetAsync("/problems/image_pinned")).Text);
        await ns.CtrAsync("images", "label", reference, "io.cri-containerd.pinned=");
        Assert.Equal(HttpStatusCode.NoContent, (await node.Api.SendAsync(HttpMethod.Delete, Path(ns, reference))).Status);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_of_a_container_goes_and_the_container_keeps_its_snapshot(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("in-use");
        var image = TestImage.Small(332);
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns.Name, new { reference });
        await ns.CtrAsync("containers", "create", reference, "user");

        Assert.Equal(HttpStatusCode.NoContent, (await node.Api.SendAsync(HttpMethod.Delete, Path(ns, $"{reference}?sync=true"))).Status);

        Assert.Empty(await node.Ctr.BlobsAsync(ns.Name));
        Assert.Equal([image.ChainIds[0], "user"], (await node.Ctr.SnapshotsAsync(ns.Name)).Select(snapshot => snapshot.Key).Order());
        await ns.CtrAsync("containers", "rm", "user");
    }

    [Fact]
    public async Task Deletes_at_once_are_all_well_and_a_changed_image_stays()
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var ns = node.Containerd.NewNamespace("deletes");
        var reference = registry.Add("acme/app:1", TestImage.Small(333));
        await node.Api.PullAsync(ns.Name, new { reference });
        var etag = (await node.Api.GetAsync(Path(ns, reference))).Headers.ETag!.ToString();
        await ns.CtrAsync("images", "label", reference, "changed=1");

        var stale = await node.Api.SendAsync(HttpMethod.Delete, Path(ns, reference), null, ("If-Match", etag));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (stale.Status, stale.Code));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => node.Api.SendAsync(HttpMethod.Delete, Path(ns, reference))));
        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.NoContent or HttpStatusCode.NotFound, answer.Text));
        Assert.Empty(await ns.ViolationsAsync());
    }

    private static string Path(ContainerdNamespace ns, string rest) => $"/v1/namespaces/{ns.Name}/images/{rest}";
}
