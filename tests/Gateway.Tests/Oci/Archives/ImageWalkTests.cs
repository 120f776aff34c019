using Gateway.Oci;
using Gateway.TestKit;

namespace Gateway.Tests.Oci.Archives;

/// <summary>Walks over images in memory.</summary>
public sealed class ImageWalkTests
{
    private static readonly TestImage Amd = TestImage.Small(1);
    private static readonly TestImage Arm = TestImage.Small(1, "linux/arm64");
    private static readonly TestImage Index = TestImage.Index(docker: false, ("linux/amd64", Amd), ("linux/arm64", Arm));

    [Fact]
    public async Task All_documents_are_visited_parents_first()
    {
        var (visited, missing) = await WalkAsync(Index);
        Assert.Equal([Index.Digest, Amd.Digest, Arm.Digest], visited.Select(document => document.Descriptor.Digest.ToString()));
        Assert.Equal(["linux/amd64", "linux/arm64"], visited.Where(document => document.Config is not null).Select(document => document.Config!.Platform!.ToString()));
        Assert.Equal("", missing);
    }

    [Fact]
    public async Task Chosen_platforms_are_visited_alone()
    {
        var (visited, _) = await WalkAsync(Index, platforms: ["linux/arm64"]);
        Assert.Equal([Index.Digest, Arm.Digest], visited.Select(document => document.Descriptor.Digest.ToString()));
        Assert.Equal([Arm.Digest], visited[0].Kept.Select(entry => entry.Digest.ToString()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Absent_platform_is_missing_or_passed_over(bool passesOver)
    {
        var (visited, missing) = await WalkAsync(Index, without: [Arm.Digest], passesOver: passesOver);
        Assert.Equal([Index.Digest, Amd.Digest], visited.Select(document => document.Descriptor.Digest.ToString()));
        Assert.Equal(passesOver ? "" : Arm.Digest, missing);
    }

    [Fact]
    public async Task Image_of_which_nothing_is_there_is_missing_also_where_platforms_are_passed_over()
    {
        var (_, missing) = await WalkAsync(Index, without: [Arm.Digest, Amd.Digest], passesOver: true);
        Assert.Equal($"{Amd.Digest}, {Arm.Digest}", missing);
        Assert.Equal(Index.Digest, (await WalkAsync(Index, without: [Index.Digest], passesOver: true)).Missing);
    }

    [Fact]
    public async Task Missing_config_and_layers_are_told_each_once()
    {
        var layers = Enumerable.Range(0, 20).Select(i => Layer.Of(Compression.None, ($"f{i}", $"{i}"))).ToArray();
        var image = TestImage.Of([.. layers, layers[0]]);
        Assert.Equal(image.ConfigDigest, (await WalkAsync(image, without: [image.ConfigDigest])).Missing);
        var (visited, missing) = await WalkAsync(image, without: [.. layers.Select(layer => layer.Digest)]);
        Assert.Single(visited);
        Assert.EndsWith(" and 4 more", missing, StringComparison.Ordinal);
        Assert.Equal(16, missing.Split("sha256:").Length - 1);
    }

    [Fact]
    public async Task Attestations_are_visited_where_they_are_there()
    {
        var attestation = TestImage.Artifact("{}"u8.ToArray());
        var index = TestImage.Index(docker: false, ("linux/amd64", Amd), ("unknown/unknown", attestation));
        Assert.Equal(3, (await WalkAsync(index)).Visited.Count);
        var (visited, missing) = await WalkAsync(index, without: [attestation.Digest]);
        Assert.Equal((2, ""), (visited.Count, missing));
    }

    [Fact]
    public async Task Config_has_the_last_word_on_the_platform()
    {
        var fault = await Assert.ThrowsAsync<OciException>(() => WalkAsync(Arm, platforms: ["linux/amd64"]));
        Assert.Equal(OciFault.PlatformNotFound, fault.Fault);
        Assert.Single((await WalkAsync(Arm, platforms: ["linux/arm64"])).Visited);
    }

    [Fact]
    public async Task Walk_without_end_is_ended()
    {
        var walk = new ImageWalk((digest, _) => ValueTask.FromResult(SizeOf(Index, digest)), (digest, _) => Task.FromResult(BytesOf(Index, digest)!), [], passesOverAbsent: false);
        var fault = await Assert.ThrowsAsync<OciException>(async () =>
        {
            while (true)
            {
                await foreach (var document in walk.VisitAsync(TargetOf(Index), TestContext.Current.CancellationToken))
                {
                    Assert.NotNull(document.Document);
                }
            }
        });
        Assert.Contains("more than 10000 documents", fault.Message, StringComparison.Ordinal);
    }

    private static async Task<(IReadOnlyList<WalkedDocument> Visited, string Missing)> WalkAsync(
        TestImage image, string[]? platforms = null, string[]? without = null, bool passesOver = false)
    {
        var walk = new ImageWalk(
            (digest, _) => ValueTask.FromResult(without?.Contains(digest.ToString()) is true ? null : SizeOf(image, digest)),
            (digest, _) => Task.FromResult(BytesOf(image, digest)!),
            (platforms ?? []).Select(Platform.Parse).ToArray(),
            passesOver);
        var visited = new List<WalkedDocument>();
        await foreach (var document in walk.VisitAsync(TargetOf(image), TestContext.Current.CancellationToken))
        {
            visited.Add(document);
        }

        return (visited, walk.Missing.ToString());
    }

    private static Descriptor TargetOf(TestImage image) => new() { MediaType = image.MediaType, Digest = Digest.Parse(image.Digest), Size = image.Manifests[image.Digest].Bytes.Length };

    private static long? SizeOf(TestImage image, Digest digest) => BytesOf(image, digest)?.Length;

    private static byte[]? BytesOf(TestImage image, Digest digest) =>
        image.Manifests.TryGetValue(digest.ToString(), out var manifest) ? manifest.Bytes : image.Blobs.GetValueOrDefault(digest.ToString());
}
