using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Reads;

/// <summary>A list that shows each image in full, for which facts are asked in few calls, against the images asked for one by one.</summary>
public sealed class FullViewTests(Nodes nodes)
{
    private const int TagsEach = 5;

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Item_of_the_full_view_is_the_image_as_it_is_shown_alone_also_where_content_is_gone(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var forgetful = await GatewayProcess.StartBesideAsync(node.Containerd.Address, new Dictionary<string, string?> { ["Containerd__ReadFromMemory"] = "false" });
        await using var ns = node.Containerd.NewNamespace("full");
        var (noLayer, noConfig, arm) = (TestImage.Small(320), TestImage.Small(321), TestImage.Small(322, "linux/arm64"));
        var index = TestImage.Index(docker: false, ("linux/amd64", TestImage.Small(323)), ("linux/arm64", arm));
        foreach (var image in new[] { noLayer, noConfig, index, TestImage.Small(324) })
        {
            var repository = $"acme/{image.Digest[^8..]}";
            var reference = registry.Add($"{repository}:1", image);
            Assert.Equal("succeeded", (string?)(await node.Api.PullAsync(ns.Name, new { reference, allPlatforms = true }))["state"]);
            await ns.CtrAsync(["images", "tag", reference, .. Enumerable.Range(2, TagsEach - 1).Select(tag => $"docker.io/{repository}:{tag}")]);
        }

        Assert.Equal(await FullAsync(node.Api, ns, unavailable: 0), await FullAsync(forgetful.Api, ns, unavailable: 0));

        await ns.CtrAsync("content", "rm", noLayer.Layers[0].Digest, noConfig.ConfigDigest, arm.Digest);
        await node.Ctr.CollectAsync(ns.Name); // what nothing leads to any more must not go between two reads
        Assert.Equal(await FullAsync(node.Api, ns, unavailable: 3 * TagsEach), await FullAsync(forgetful.Api, ns, unavailable: 3 * TagsEach));
    }

    // The items, each of them looked at alone too; so many of their platforms are not wholly here.
    private static async Task<string> FullAsync(GatewayApi api, ContainerdNamespace ns, int unavailable)
    {
        var path = $"/v1/namespaces/{ns.Name}/images";
        var items = (await api.GetAsync($"{path}?view=full&pageSize=100")).Json["items"]!.AsArray();
        Assert.Equal(4 * TagsEach, items.Count);
        Assert.Equal(unavailable, items.SelectMany(item => item!["platforms"]!.AsArray()).Count(platform => !(bool)platform!["available"]!));
        foreach (var item in items)
        {
            var alone = await api.GetAsync($"{path}/{Uri.EscapeDataString((string)item!["name"]!)}");
            Assert.True(JsonNode.DeepEquals(item, alone.Json), $"{item.ToJsonString()}\n{alone.Text}");
        }

        return items.ToJsonString();
    }
}
