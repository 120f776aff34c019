using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

/// <summary>Archives that go out of the gateway into other tools, and come from them: skopeo, umoci, ctr and dockerd.</summary>
public sealed class RoundTripTests(Nodes nodes) : IDisposable
{
    private const string App = "docker.io/acme/app:1";

    private static readonly TestImage Image = TestImage.Of(Layer.Of(Compression.Gzip, ("etc/", "dir:"), ("etc/app", "one")), Layer.Of(Compression.Gzip, ("etc/more", "two")));

    private readonly string folder = Repo.NewFolder("archives");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Export_is_imported_by_ctr_and_ctrs_export_by_the_gateway(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("round");
        await using var other = node.Containerd.NewNamespace("round");
        await using var back = node.Containerd.NewNamespace("round");
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, Image)).ToBytes());
        var ours = await SaveAsync("ours.tar", await node.Api.ExportAsync(space.Name, App));

        await other.CtrAsync("images", "import", ours);

        Assert.Equal(Image.Digest, await node.Ctr.TargetOfAsync(other.Name, App));
        Assert.Contains("complete (3/3)", await node.Ctr.CheckAsync(other.Name, App));
        var theirs = Path.Combine(folder, "theirs.tar");
        await other.CtrAsync("images", "export", theirs, App);
        await node.Api.ImportAsync(back.Name, await File.ReadAllBytesAsync(theirs));
        Assert.Equal(Image.Digest, await node.Ctr.TargetOfAsync(back.Name, App));
        Assert.Equal(await File.ReadAllBytesAsync(ours), await node.Api.ExportAsync(back.Name, App));
        Assert.Empty(await back.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Export_of_a_pulled_platform_is_imported_by_ctr(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var registry = await ScriptedRegistry.StartAsync();
        await using var space = node.Containerd.NewNamespace("round");
        await using var other = node.Containerd.NewNamespace("round");
        var index = TestImage.Index(docker: false, ("linux/amd64", TestImage.Small(1)), ("linux/arm64", TestImage.Small(1, "linux/arm64")));
        var reference = registry.Add("acme/app:1", index);
        Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(space.Name, new { reference }))["state"]);
        await other.CtrAsync("images", "import", "--platform", "linux/amd64", await SaveAsync("platform.tar", await node.Api.ExportAsync(space.Name, reference)));
        Assert.Equal(index.Digest, await node.Ctr.TargetOfAsync(other.Name, reference));
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(other.Name, reference));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Export_is_read_by_skopeo_as_both_kinds_of_archive(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("round");
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, Image)).ToBytes());
        var file = await SaveAsync("image.tar", await node.Api.ExportAsync(space.Name, App));
        var oci = JsonNode.Parse(await ChildProcess.RunAsync("skopeo", "inspect", "oci-archive:" + file))!;
        Assert.Equal(Image.Digest, (string?)oci["Digest"]);
        Assert.Equal(Image.Layers.Select(layer => layer.Digest), oci["Layers"]!.AsArray().Select(layer => (string)layer!));
        var docker = await ChildProcess.RunAsync("skopeo", "inspect", "--config", "docker-archive:" + file);
        Assert.Equal(Image.Layers.Select(layer => layer.DiffId), JsonNode.Parse(docker)!["rootfs"]!["diff_ids"]!.AsArray().Select(id => (string)id!));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Each_platform_of_an_exported_index_is_found_by_skopeo(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("round");
        var images = new Dictionary<string, TestImage> { ["amd64"] = Image, ["arm64"] = TestImage.Small(3, "linux/arm64") };
        var index = TestImage.Index(docker: false, ("linux/amd64", images["amd64"]), ("linux/arm64", images["arm64"]));
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, index)).ToBytes());
        var file = await SaveAsync("index.tar", await node.Api.ExportAsync(space.Name, App));
        foreach (var (architecture, image) in images)
        {
            var config = JsonNode.Parse(await ChildProcess.RunAsync("skopeo", "--override-arch", architecture, "inspect", "--config", "oci-archive:" + file))!;
            Assert.Equal(architecture, (string?)config["architecture"]);
            Assert.Equal(image.Layers.Select(layer => layer.DiffId), config["rootfs"]!["diff_ids"]!.AsArray().Select(id => (string)id!));
        }
    }

    [Theory]
    [InlineData("oci-archive", "1", "prefix=acme/app")]
    [InlineData("docker-archive", "docker.io/acme/app:1", "")]
    public async Task Archives_of_skopeo_are_imported_with_their_digests(string kind, string name, string query)
    {
        foreach (var version in Versions.All)
        {
            var node = await nodes.NodeAsync(version);
            await using var space = node.Containerd.NewNamespace("round");
            var layout = await SaveAsync($"{version}.tar", TestArchive.OciLayout(("1", Image)).ToBytes());
            var file = Path.Combine(folder, $"{version}-{kind}.tar");
            await ChildProcess.RunAsync("skopeo", "--insecure-policy", "copy", "oci-archive:" + layout, $"{kind}:{file}:{name}");
            await node.Api.ImportAsync(space.Name, await File.ReadAllBytesAsync(file), query);
            Assert.Equal([App], await node.Ctr.ImagesAsync(space.Name));
            Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(space.Name, App));
            Assert.Equal(Image.ChainIds.Order(), (await node.Ctr.SnapshotsAsync(space.Name)).Select(snapshot => snapshot.Key).Order());
            if (kind is "oci-archive")
            {
                Assert.Equal(Image.Digest, await node.Ctr.TargetOfAsync(space.Name, App));
            }

            Assert.Empty(await space.ViolationsAsync());
        }
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Export_is_unpacked_by_umoci(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("round");
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, Image)).ToBytes());
        var layout = Directory.CreateDirectory(Path.Combine(folder, "layout")).FullName;
        await ChildProcess.RunAsync("tar", "-xf", await SaveAsync("image.tar", await node.Api.ExportAsync(space.Name, App)), "-C", layout);
        await ChildProcess.RunAsync("umoci", "raw", "unpack", "--rootless", "--image", layout + ":1", Path.Combine(folder, "rootfs"));
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(folder, "rootfs", "etc", "more")));
    }

    [Fact]
    public async Task Export_is_loaded_by_docker_and_what_docker_saves_is_imported()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var docker = await DockerEngine.StartAsync(node.Containerd.Address);
        await using var space = node.Containerd.NewNamespace("round");
        await using var back = node.Containerd.NewNamespace("round");
        var index = TestImage.Index(docker: false, ("linux/amd64", Image), ("linux/arm64", TestImage.Small(2, "linux/arm64")));
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, index), ("docker.io/acme/same:1", Image)).ToBytes());

        await docker.RunAsync("load", "-i", await SaveAsync("load.tar", await node.Api.ExportAsync(space.Name, App, "docker.io/acme/same:1")));

        Assert.Equal(Image.ConfigDigest, (await docker.RunAsync("image", "inspect", "--format", "{{.Id}}", "acme/app:1")).Trim());
        Assert.Equal(Image.ConfigDigest, (await docker.RunAsync("image", "inspect", "--format", "{{.Id}}", "acme/same:1")).Trim());
        var saved = Path.Combine(folder, "saved.tar");
        await docker.RunAsync("save", "-o", saved, "acme/app:1", "acme/same:1");
        await node.Api.ImportAsync(back.Name, await File.ReadAllBytesAsync(saved));
        Assert.Equal([App, "docker.io/acme/same:1"], (await node.Ctr.ImagesAsync(back.Name)).Order());
        Assert.Equal(Image.ChainIds.Order(), (await node.Ctr.SnapshotsAsync(back.Name)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await back.ViolationsAsync());
    }

    private async Task<string> SaveAsync(string name, byte[] bytes)
    {
        var path = Path.Combine(folder, name);
        await File.WriteAllBytesAsync(path, bytes);
        return path;
    }
}
