using Gateway.TestKit;

namespace Gateway.ContainerdTests.Archives;

/// <summary>What an import leaves, seen through ctr and on disk.</summary>
public sealed class ImportTests(Nodes nodes)
{
    private const string App = "docker.io/acme/app:1";

    public static TheoryData<string, Compression> Ways =>
        new(Versions.All.SelectMany(version => Enum.GetValues<Compression>().Select(compression => (version, compression))));

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Oci_layout_becomes_an_image_that_is_whole_and_unpacked(string version, Compression compression)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("import");
        var image = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "1")), Layer.Of(Compression.Zstd, ("b", "2")), Layer.Of(Compression.None, ("c", "3")));
        var archive = TestArchive.OciLayout((App, image)).ToBytes(compression);

        var result = await node.Api.ImportAsync(space.Name, archive);

        Assert.Equal(App, (string?)result["images"]![0]!["name"]);
        Assert.Equal(image.Digest, (string?)result["images"]![0]!["target"]!["digest"]);
        Assert.Equal((archive.Length, 5, 0), ((int)result["archiveBytes"]!, (int)result["blobsWritten"]!, (int)result["blobsExisting"]!));
        Assert.Equal([App], await node.Ctr.ImagesAsync(space.Name));
        Assert.Contains("complete (4/4)", await node.Ctr.CheckAsync(space.Name, App));
        Assert.Equal(image.ChainIds.Order(), (await node.Ctr.SnapshotsAsync(space.Name)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await space.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Docker_save_with_linked_layers_becomes_images_under_their_normal_names(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("import");
        var shared = Layer.Of(Compression.None, ("base", "1"));
        var one = TestImage.Of([shared, Layer.Of(Compression.None, ("one", "1"))], docker: true);
        var two = TestImage.Of([shared, Layer.Of(Compression.None, ("two", "2"))], docker: true);

        var result = await node.Api.ImportAsync(space.Name, TestArchive.DockerSave(("alpine:3.20", one), ("registry.example:5000/two:x", two)).ToBytes());

        Assert.Equal(["docker.io/library/alpine:3.20", "registry.example:5000/two:x"], (await node.Ctr.ImagesAsync(space.Name)).Order());
        Assert.Equal(2, result["images"]!.AsArray().Count);
        Assert.Equal(one.ChainIds.Concat(two.ChainIds).Distinct().Order(), (await node.Ctr.SnapshotsAsync(space.Name)).Select(snapshot => snapshot.Key).Order());
        Assert.Empty(await space.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Docker_save_with_a_layout_beside_it_is_read_as_the_layout(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("import");
        var image = TestImage.Small(1);
        var archive = TestArchive.OciLayout((App, image)).Add("manifest.json", """[{"Config":"blobs/sha256/none","RepoTags":["wrong:1"],"Layers":[]}]""");
        await node.Api.ImportAsync(space.Name, archive.ToBytes());
        Assert.Equal([App], await node.Ctr.ImagesAsync(space.Name));
        Assert.Equal(image.Digest, await node.Ctr.TargetOfAsync(space.Name, App));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Index_is_kept_whole_and_the_platform_of_the_node_unpacked(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("import");
        var (amd, arm) = (TestImage.Small(2), TestImage.Small(2, "linux/arm64"));
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm));
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, index)).ToBytes());
        Assert.Equal(index.Manifests.Keys.Concat(index.Blobs.Keys).Order(), (await node.Ctr.BlobsAsync(space.Name)).Order());
        Assert.Equal(amd.ChainIds, (await node.Ctr.SnapshotsAsync(space.Name)).Select(snapshot => snapshot.Key));
        Assert.Empty(await space.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Chosen_platform_is_kept_alone_even_if_the_archive_holds_only_that(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("import");
        var (amd, arm) = (TestImage.Small(3), TestImage.Small(3, "linux/arm64"));
        var index = TestImage.Index(docker: false, ("linux/amd64", amd), ("linux/arm64", arm));
        foreach (var archive in new[] { TestArchive.OciLayout((App, index)), TestArchive.OciLayout((App, index)).WithoutBlob(amd.Digest).WithoutBlob(amd.Layers[0].Digest) })
        {
            await node.Api.ImportAsync(space.Name, archive.ToBytes(), "platform=linux/arm64");
            await node.Ctr.CollectAsync(space.Name);
            Assert.Equal(arm.Manifests.Keys.Concat(arm.Blobs.Keys).Append(index.Digest).Order(), (await node.Ctr.BlobsAsync(space.Name)).Order());
        }
    }

    [Fact]
    public async Task Blobs_that_are_there_are_not_written_again()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var space = node.Containerd.NewNamespace("import");
        var archive = TestArchive.OciLayout((App, TestImage.Small(4))).ToBytes();
        await node.Api.ImportAsync(space.Name, archive);
        var again = await node.Api.ImportAsync(space.Name, archive);
        Assert.Equal((0, 3), ((int)again["blobsWritten"]!, (int)again["blobsExisting"]!));
        Assert.Empty(await space.ViolationsAsync());
    }

    [Fact]
    public async Task Without_unpack_there_is_no_snapshot_and_another_snapshotter_is_taken_where_it_is_named()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var space = node.Containerd.NewNamespace("import");
        var image = TestImage.Small(5);
        var archive = TestArchive.OciLayout((App, image)).ToBytes();
        await node.Api.ImportAsync(space.Name, archive, "unpack=false");
        Assert.Empty(await node.Ctr.SnapshotsAsync(space.Name));
        await node.Api.ImportAsync(space.Name, archive, "snapshotter=native");
        Assert.Equal(image.ChainIds, (await node.Ctr.SnapshotsAsync(space.Name, "native")).Select(snapshot => snapshot.Key));
        Assert.Empty(await space.ViolationsAsync("native"));
    }

    [Theory]
    [InlineData("latest", "prefix=acme/app", "docker.io/acme/app:latest")]
    [InlineData("1.0", "prefix=registry.example/app", "registry.example/app:1.0")]
    [InlineData("docker.io/acme/app:2", "prefix=docker.io/acme", "docker.io/acme/app:2")]
    [InlineData("docker.io/acme/app:2", "prefix=docker.io/acme/app", "docker.io/acme/app:2")]
    [InlineData("docker.io/acme/app:2", "", "docker.io/acme/app:2")]
    public async Task Name_comes_from_the_archive_or_from_the_prefix(string name, string query, string stored)
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var space = node.Containerd.NewNamespace("import");
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((name, TestImage.Small(6))).ToBytes(), query);
        Assert.Equal([stored], await node.Ctr.ImagesAsync(space.Name));
    }

    [Fact]
    public async Task Image_without_a_name_gets_the_prefix_and_its_digest()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var space = node.Containerd.NewNamespace("import");
        var image = TestImage.Small(7);
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((null, image)).ToBytes(), "prefix=acme/app");
        Assert.Equal(["docker.io/acme/app@" + image.Digest], await node.Ctr.ImagesAsync(space.Name));
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Name_that_stands_for_something_else_is_a_conflict_unless_it_may_be_overwritten(string version)
    {
        var node = await nodes.NodeAsync(version);
        await using var space = node.Containerd.NewNamespace("import");
        var (before, after) = (TestImage.Small(8), TestImage.Small(9));
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, before)).ToBytes());
        var archive = TestArchive.OciLayout(("docker.io/acme/other:1", after), (App, after)).ToBytes();

        var refused = await node.Api.ImportAnswerAsync(space.Name, archive);

        Assert.Equal((409, "conflict"), ((int)refused.Status, refused.Code));
        Assert.Equal([App], await node.Ctr.ImagesAsync(space.Name));
        Assert.Equal(before.Digest, await node.Ctr.TargetOfAsync(space.Name, App));
        Assert.Empty(await space.ViolationsAsync());

        await node.Api.ImportAsync(space.Name, archive, "overwrite=true");
        Assert.Equal(after.Digest, await node.Ctr.TargetOfAsync(space.Name, App));
        Assert.Empty(await space.ViolationsAsync());
    }

    [Fact]
    public async Task Annotations_of_an_archive_never_become_labels()
    {
        var node = await nodes.NodeAsync(Versions.Oldest);
        await using var space = node.Containerd.NewNamespace("import");
        var index = TestArchive.IndexOf((App, TestImage.Small(10))).Replace("\"annotations\":{", "\"annotations\":{\"containerd.io/gc.root\":\"1\",\"io.cri-containerd.image\":\"managed\",");
        await node.Api.ImportAsync(space.Name, TestArchive.OciLayout((App, TestImage.Small(10))).Without("index.json").Add("index.json", index).ToBytes());
        var image = (await node.Api.GetAsync($"/v1/namespaces/{space.Name}/images/{Uri.EscapeDataString(App)}")).Json;
        Assert.Empty(image["labels"]!.AsObject());
        Assert.Empty(await space.ViolationsAsync());
    }
}
