using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Grpc.Core;

namespace Gateway.ContainerdTests.Client;

/// <summary>Calls that block follow the rules of those that are awaited.</summary>
public sealed class BlockingCallTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Blocking_call_is_made_in_its_namespace(string version)
    {
        var node = await nodes.NodeAsync(version);
        using var containerd = new ContainerdClient(node.Containerd.Address);
        var client = containerd.In(nodes.NewName("blocking"));
        Assert.Empty(client.Images.List(new ListImagesRequest()).Images);
        Assert.Equal(StatusCode.NotFound, Assert.Throws<RpcException>(() => client.Images.Get(new GetImageRequest { Name = "absent" })).StatusCode);
    }

    [Fact]
    public async Task Blocking_call_that_would_end_the_daemon_is_not_made()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        using var containerd = new ContainerdClient(node.Containerd.Address);
        var client = containerd.In(nodes.NewName("blocking"));
        Assert.ThrowsAny<ArgumentException>(() => client.Images.Create(new CreateImageRequest()));
        Assert.Empty(client.Images.List(new ListImagesRequest()).Images);
    }
}
