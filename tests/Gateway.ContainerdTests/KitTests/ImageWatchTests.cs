using Gateway.Containerd;
using Gateway.Containerd.Types;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.KitTests;

public sealed class ImageWatchTests(Nodes nodes, Daemons daemons)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_that_is_seen_before_it_is_whole_is_found_and_no_other(string version)
    {
        var daemon = await daemons.OfAsync(version);
        await using var ns = daemon.NewNamespace("watch");
        await using var watch = new ImageWatch(daemon, ns.Name);
        await watch.FollowAsync();
        var reference = await (await nodes.RegistryAsync()).PushAsync(nodes.NewName("watch"), TestImage.Small(4));

        await daemon.Ctr.PullAsync(ns.Name, reference, "--plain-http");
        await ns.CtrAsync("images", "tag", reference, "docker.io/acme/tagged:1");
        await ns.CtrAsync("images", "label", reference, "changed=yes");
        await Wait.UntilAsync(() => watch.Seen > 2, "both are seen, and the change");
        Assert.Empty(await watch.FaultsAsync());

        using var containerd = new ContainerdClient(daemon.Address);
        var nothing = new ContentDescriptor { MediaType = "application/vnd.oci.image.manifest.v1+json", Digest = Layer.Hash([]), Size = 1 };
        await containerd.In(ns.Name).PutImageAsync("docker.io/acme/half:1", nothing, new Dictionary<string, string>(), CancellationToken.None);
        await Wait.UntilAsync(() => watch.Seen > 3, "the third is seen");
        Assert.StartsWith("image docker.io/acme/half:1", Assert.Single(await watch.FaultsAsync()), StringComparison.Ordinal);

        await watch.FollowAsync(); // as with a daemon that was started again: what was made meanwhile is looked at too
        Assert.StartsWith("image docker.io/acme/half:1", Assert.Single(await watch.FaultsAsync()), StringComparison.Ordinal);
    }
}
