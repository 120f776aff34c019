using Gateway.Containerd;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Client;

public sealed class BlobWriterTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blob_that_was_here_before_is_held_by_the_lease_like_one_that_is_stored(string version)
    {
        const string Root = "containerd.io/gc.root";
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("writer");
        using var containerd = new ContainerdClient(node.Containerd.Address);
        var bytes = "once more"u8.ToArray();
        var digest = Layer.Hash(bytes);
        await RawGrpc.PutBlobAsync(node.Containerd.Address, ns.Name, bytes, (Root, "now"));
        await ns.CtrAsync("leases", "create", "--id", "keeps");
        await using (var writer = (await BlobWriter.TryOpenAsync(containerd.In(ns.Name, "keeps"), "again", bytes.Length, CancellationToken.None))!)
        {
            await writer.WriteAsync(bytes, CancellationToken.None);
            Assert.Equal(digest, (await writer.CommitAsync(digest, new Dictionary<string, string>(), CancellationToken.None))?.Digest);
        }

        await ns.CtrAsync("content", "label", digest, Root + "=");
        await node.Ctr.CollectAsync(ns.Name);

        Assert.Equal([digest], await node.Ctr.BlobsAsync(ns.Name));
        await ns.CtrAsync("leases", "rm", "keeps");
        await node.Ctr.CollectAsync(ns.Name);
        Assert.Empty(await node.Ctr.BlobsAsync(ns.Name));
    }
}
