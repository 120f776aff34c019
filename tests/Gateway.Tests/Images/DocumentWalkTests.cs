using System.Text;
using Gateway.Images.Pull;
using Gateway.Oci;
using Gateway.Tests.Oci;

namespace Gateway.Tests.Images;

/// <summary>The walk that a pull and a resolve share.</summary>
public sealed class DocumentWalkTests
{
    private static readonly string DiffId = Digest.Of("layer"u8).ToString();
    private readonly Dictionary<Digest, byte[]> documents = [];
    private readonly List<Digest> read = [];

    [Fact]
    public async Task Wanted_platforms_are_read_and_no_others()
    {
        var index = Index(Manifest("amd64", named: true), Manifest("arm64", named: true));

        var plan = await PlanAsync(index, "linux/arm64", "linux/arm64/v8");

        Assert.Equal("linux/arm64", Assert.Single(plan.Images).Config!.Platform!.ToString());
        Assert.Equal(index, plan.Target);
        Assert.Equal(3, read.Distinct().Count());
    }

    [Fact]
    public async Task Without_platforms_all_are_taken_through_nested_indexes_each_once()
    {
        var amd = Manifest("amd64", named: true);
        var plan = await PlanAsync(Index(amd, Index(Manifest("arm64", named: true), amd)));
        Assert.Equal(["linux/amd64", "linux/arm64"], plan.Images.Select(image => image.Config!.Platform!.ToString()));
    }

    [Fact]
    public async Task Platform_is_found_below_an_index_in_the_index()
    {
        var plan = await PlanAsync(Index(Manifest("amd64", named: true), Index(Manifest("arm64", named: true))), "linux/arm64");
        Assert.Equal("linux/arm64", Assert.Single(plan.Images).Config!.Platform!.ToString());
    }

    [Theory]
    [InlineData("amd64", null)]
    [InlineData("arm64", OciFault.PlatformNotFound)]
    public async Task Manifest_that_names_no_platform_is_judged_by_its_config(string wanted, OciFault? fault)
    {
        foreach (var target in new[] { Manifest("amd64", named: false), Index(Manifest("amd64", named: false)) })
        {
            var failure = await Record.ExceptionAsync(() => PlanAsync(target, "linux/" + wanted));
            Assert.Equal(fault, (failure as OciException)?.Fault);
        }
    }

    [Fact]
    public async Task Indexes_may_nest_four_deep_and_no_deeper()
    {
        var target = Manifest("amd64", named: true);
        for (var depth = 1; depth <= 4; depth++)
        {
            target = Index(target);
            await PlanAsync(target);
            await PlanAsync(target, "linux/amd64");
        }

        var deeper = Index(target);
        Assert.Equal(OciFault.ManifestInvalid, (await Assert.ThrowsAsync<OciException>(() => PlanAsync(deeper))).Fault);
        Assert.Equal(OciFault.ManifestInvalid, (await Assert.ThrowsAsync<OciException>(() => PlanAsync(deeper, "linux/amd64"))).Fault);
    }

    [Fact]
    public async Task More_than_a_thousand_manifests_are_refused()
    {
        var half = Index(Enumerable.Range(0, 501).Select(i => Manifest("amd64", named: true, i)).ToArray());
        Assert.Equal(501, (await PlanAsync(half)).Images.Count);
        var whole = Index(half, Index(Enumerable.Range(501, 501).Select(i => Manifest("amd64", named: true, i)).ToArray()));
        Assert.Equal(OciFault.ManifestInvalid, (await Assert.ThrowsAsync<OciException>(() => PlanAsync(whole))).Fault);
    }

    private Task<PullPlan> PlanAsync(Descriptor target, params string[] platforms) => DocumentWalk.PlanAsync(
        target, platforms.Select(Platform.Parse).ToArray(), ReadAsync, CancellationToken.None);

    private Task<byte[]> ReadAsync(Descriptor document, CancellationToken cancel)
    {
        read.Add(document.Digest);
        return Task.FromResult(documents[document.Digest]);
    }

    /// <summary>Each alone can be counted; the two together cannot.</summary>
    [Fact]
    public async Task Images_too_large_to_be_counted_together_are_refused()
    {
        var (one, two) = (Huge("amd64"), Huge("arm64"));
        Assert.Single((await PlanAsync(Index(one))).Images);
        var refusal = await Assert.ThrowsAsync<OciException>(() => PlanAsync(Index(one, two)));
        Assert.Equal(OciFault.ManifestInvalid, refusal.Fault);
    }

    private Descriptor Huge(string architecture)
    {
        var config = Add(MediaTypes.OciConfig, $$$"""{"os":"linux","architecture":"{{{architecture}}}","rootfs":{"type":"layers","diff_ids":["{{{DiffId}}}"]}}""");
        return Add(MediaTypes.OciManifest, Documents.Manifest(Text(config), Documents.Descriptor(MediaTypes.OciLayerGzip, size: $"{long.MaxValue / 2 - 10_000}")));
    }

    private Descriptor Manifest(string architecture, bool named, int seed = 0)
    {
        var config = Add(MediaTypes.OciConfig, $$$"""{"os":"linux","architecture":"{{{architecture}}}","author":"{{{seed}}}","rootfs":{"type":"layers","diff_ids":["{{{DiffId}}}"]}}""");
        var manifest = Add(MediaTypes.OciManifest, Documents.Manifest(Text(config), Documents.Descriptor(MediaTypes.OciLayerGzip)));
        return named ? manifest with { Platform = Platform.Parse("linux/" + architecture) } : manifest;
    }

    private Descriptor Index(params Descriptor[] entries) => Add(MediaTypes.OciIndex, Documents.Index(string.Join(',', entries.Select(Text))));

    private static string Text(Descriptor entry) => Documents.Descriptor(entry.MediaType, entry.Digest.ToString(), $"{entry.Size}",
        entry.Platform is { } platform ? $$$""","platform":{"os":"{{{platform.Os}}}","architecture":"{{{platform.Architecture}}}"}""" : "");

    private Descriptor Add(string mediaType, string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        documents[Digest.Of(bytes)] = bytes;
        return new Descriptor { MediaType = mediaType, Digest = Digest.Of(bytes), Size = bytes.Length };
    }
}
