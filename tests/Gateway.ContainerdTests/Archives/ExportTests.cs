using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

public sealed class ExportTests(Nodes nodes)
{
    private const string App = "docker.io/acme/app:1";

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Same_images_make_the_same_bytes_in_whatever_order_they_are_named(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("export");
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, TestImage.Small(1)), ("docker.io/acme/app:2", TestImage.Small(2))).ToBytes());
        var first = await node.Api.ExportAsync(space.Name, App, "acme/app:2");
        var again = await node.Api.ExportAsync(space.Name, "acme/app:2", App, App);
        Assert.Equal(first, again);
        Assert.NotEqual(first, await node.Api.ExportAsync(space.Name, App));
        Assert.Empty(await space.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Platforms_that_are_here_are_taken_or_those_that_are_named(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("export");
        var (amd, arm) = (TestImage.Small(3), TestImage.Small(3, "linux/arm64"));
        var archive = TestArchive.OciLayout((App, TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm)))).ToBytes();
        await node.Api.ImportAsync(space.Name, archive);
        var both = await node.Api.ExportAsync(space.Name, App);
        var one = await node.Api.ExportAsync(space.Name, App, "platform=linux/arm64");
        Assert.True(Has(both, amd.Layers[0]) && Has(both, arm.Layers[0]));
        Assert.True(!Has(one, amd.Layers[0]) && Has(one, arm.Layers[0]));

        await using var partial = node.Containerd.NewNamespace("export");
        await node.Api.ImportAsync(partial.Name, archive, "platform=linux/arm64");
        await node.Ctr.CollectAsync(partial.Name);
        Assert.Equal(one, await node.Api.ExportAsync(partial.Name, App));
        var missing = await node.Api.GetAsync(ArchiveCalls.ExportPath(partial.Name, App, "platform=linux/amd64"));
        Assert.Equal((409, "content_missing"), ((int)missing.Status, missing.Code));
        Assert.Contains(amd.Digest, (string?)missing.Json["detail"]);
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Missing_content_is_told_before_the_first_byte(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("export");
        var image = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "4")), Layer.Of(Compression.Gzip, ("b", "4")));
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, image)).ToBytes());
        await space.CtrAsync("content", "rm", image.Layers[1].Digest);
        var answer = await node.Api.GetAsync(ArchiveCalls.ExportPath(space.Name, App));
        Assert.Equal((409, "content_missing"), ((int)answer.Status, answer.Code));
        Assert.Contains(image.Layers[1].Digest, answer.Text);
        Assert.DoesNotContain(image.Layers[0].Digest, answer.Text);
        Assert.Empty(await node.Ctr.LeasesAsync(space.Name));
    }

    [Fact]
    public async Task Image_that_is_not_there_is_404_and_bad_parameters_are_400()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        Assert.Equal("image_not_found", (await node.Api.GetAsync(ArchiveCalls.ExportPath("never-made", App))).Code);
        Assert.DoesNotContain("never-made", await node.Ctr.NamespacesAsync());
        foreach (var query in new[] { "", "reference=", "reference=a&platform=x", string.Join('&', Enumerable.Repeat("reference=a", 101)) })
        {
            var answer = await node.Api.GetAsync("/v1/namespaces/export/images/export?" + query);
            Assert.True((int)answer.Status is 400, $"{query}: {answer.Text}");
        }
    }

    [Fact]
    public async Task Head_tells_the_length_and_the_name_of_the_file()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var space = node.Containerd.NewNamespace("export");
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, TestImage.Small(5))).ToBytes());
        var length = (await node.Api.ExportAsync(space.Name, App)).Length;
        using var head = await node.Api.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, ArchiveCalls.ExportPath(space.Name, App)));
        Assert.Equal((HttpStatusCode.OK, (long?)length), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal("app-1.tar", head.Content.Headers.ContentDisposition?.FileName);
        Assert.Empty(await node.Ctr.LeasesAsync(space.Name));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Damage_found_after_the_first_byte_cuts_the_connection(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("damage");
        var image = TestImage.Of(Layer.Random(3_000_000, 6));
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, image)).ToBytes());
        var blob = node.Containerd.BlobPath(image.Layers[0].Digest);
        var bytes = await File.ReadAllBytesAsync(blob);
        bytes[2_900_000] ^= 1;
        File.SetUnixFileMode(blob, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllBytesAsync(blob, bytes);

        using var answer = await node.Api.Http.GetAsync(ArchiveCalls.ExportPath(space.Name, App), HttpCompletionOption.ResponseHeadersRead);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsByteArrayAsync());
        await Wait.UntilAsync(async () => (await node.Ctr.LeasesAsync(space.Name)).Length is 0, "the lease is given up");
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Client_that_leaves_leaves_no_lease_and_the_image_may_go_meanwhile(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("leaves");
        var image = TestImage.Of(Layer.Random(40_000_000, 7, Compression.None));
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, image)).ToBytes(), "unpack=false");
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(node.Gateway.Url.Host, node.Gateway.Url.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"GET {ArchiveCalls.ExportPath(space.Name, App)} HTTP/1.1\r\nHost: {node.Gateway.Url.Authority}\r\nAuthorization: Bearer {GatewayProcess.Key}\r\n\r\n"));
            await client.GetStream().ReadExactlyAsync(new byte[100_000]);
            Assert.Single(await node.Ctr.LeasesAsync(space.Name));
            await space.CtrAsync("images", "rm", "--sync", App);
            Assert.Contains(image.Digest, await node.Ctr.BlobsAsync(space.Name));
            Assert.Contains(image.Layers[0].Digest, await node.Ctr.BlobsAsync(space.Name));
        }

        await Wait.UntilAsync(async () => (await node.Ctr.LeasesAsync(space.Name)).Length is 0, "the lease is given up");
        Assert.Empty(await space.ViolationsAsync());
    }

    [Fact]
    public async Task Archives_beyond_their_number_are_429()
    {
        await using var node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?> { ["Images__MaxConcurrentArchives"] = "1" });
        await node.Api.ImportAsync("busy", TestArchive.OciLayout((App, TestImage.Of(Layer.Random(40_000_000, 8, Compression.None)))).ToBytes(), "unpack=false");
        using (var slow = await node.Api.Http.GetAsync(ArchiveCalls.ExportPath("busy", App), HttpCompletionOption.ResponseHeadersRead))
        {
            var refused = await node.Api.ImportAnswerAsync("busy", []);
            Assert.Equal((429, "too_many_requests"), ((int)refused.Status, refused.Code));
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        await Wait.UntilAsync(async () => (int)(await node.Api.ImportAnswerAsync("busy", [])).Status is 422, "the slot is free again");
    }

    private static bool Has(byte[] archive, Layer layer) => archive.AsSpan().IndexOf(layer.Bytes) >= 0;
}
