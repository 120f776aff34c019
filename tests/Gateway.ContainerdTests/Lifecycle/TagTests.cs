using System.Net;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Lifecycle;

public sealed class TagTests(Nodes nodes)
{
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Tag_gives_a_further_name_that_outlives_the_first(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("tag");
        var image = TestImage.Small(300);
        var reference = registry.Add("acme/app:1", image);
        await node.Api.PullAsync(ns.Name, new { reference, labels = new { team = "a" } });
        await ns.CtrAsync("images", "label", reference, "containerd.io/gc.ref.content.none=sha256:0");

        var answer = await node.Api.PostAsync(Path(ns, "tag"), new { source = reference, target = "acme/copy:2" });

        Assert.True(answer.Status is HttpStatusCode.Created, answer.Text);
        Assert.Equal($"/v1/namespaces/{ns.Name}/images/docker.io%2Facme%2Fcopy%3A2", answer.Headers.Location!.OriginalString);
        Assert.Equal("docker.io/acme/copy:2", (string?)answer.Json["name"]);
        Assert.Equal("{\"team\":\"a\"}", answer.Json["labels"]!.ToJsonString());
        Assert.True((bool)answer.Json["platforms"]![0]!["available"]!);
        var got = await node.Api.GetAsync(answer.Headers.Location.OriginalString);
        Assert.Equal(answer.Text, got.Text);
        Assert.Equal(answer.Headers.ETag, got.Headers.ETag);

        await node.Api.SendAsync(HttpMethod.Delete, Path(ns, $"{reference}?sync=true"));
        Assert.Equal(image.Digest, await node.Ctr.TargetOfAsync(ns.Name, "docker.io/acme/copy:2"));
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Taken_name_is_a_conflict_that_force_settles_and_keeps_its_labels(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("force");
        var (one, two) = (TestImage.Small(301), TestImage.Small(302));
        var (first, second) = (registry.Add("acme/app:1", one), registry.Add("acme/app:2", two));
        await node.Api.PullAsync(ns.Name, new { reference = first });
        await node.Api.PullAsync(ns.Name, new { reference = second, labels = new { kept = "yes" } });

        var refused = await node.Api.PostAsync(Path(ns, "tag"), new { source = first, target = second });
        Assert.Equal((HttpStatusCode.Conflict, "conflict"), (refused.Status, refused.Code));
        Assert.Equal(two.Digest, await node.Ctr.TargetOfAsync(ns.Name, second));

        var moved = await node.Api.PostAsync(Path(ns, "tag"), new { source = first, target = second, force = true });
        Assert.Equal(HttpStatusCode.Created, moved.Status);
        Assert.Equal(one.Digest, await node.Ctr.TargetOfAsync(ns.Name, second));
        Assert.Equal("yes", (string?)moved.Json["labels"]!["kept"]);

        var again = await node.Api.PostAsync(Path(ns, "tag"), new { source = first, target = second });
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal(moved.Text, again.Text);
        Assert.Empty(await ns.ViolationsAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Source_is_found_by_its_exact_name_first_and_then_normalised(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("source");
        var (one, two) = (TestImage.Small(303), TestImage.Small(304));
        var (first, second) = (registry.Add("acme/app:1", one), registry.Add("acme/app:2", two));
        await node.Api.PullAsync(ns.Name, new { reference = first });
        await node.Api.PullAsync(ns.Name, new { reference = second });
        await ns.CtrAsync("images", "tag", first, "docker.io/library/alpine:latest");

        await node.Api.PostAsync(Path(ns, "tag"), new { source = "alpine", target = "normalised" });
        await ns.CtrAsync("images", "tag", second, "alpine");
        await node.Api.PostAsync(Path(ns, "tag"), new { source = "alpine", target = "exact" });

        Assert.Equal(one.Digest, await node.Ctr.TargetOfAsync(ns.Name, "docker.io/library/normalised:latest"));
        Assert.Equal(two.Digest, await node.Ctr.TargetOfAsync(ns.Name, "docker.io/library/exact:latest"));
        var missing = await node.Api.PostAsync(Path(ns, "tag"), new { source = "nobody", target = "x" });
        Assert.Equal((HttpStatusCode.NotFound, "image_not_found"), (missing.Status, missing.Code));
        Assert.Equal("image_not_found", (await node.Api.PostAsync("/v1/namespaces/never-tagged/images/tag", new { source = "nobody", target = "x" })).Code);
        Assert.DoesNotContain("never-tagged", await node.Ctr.NamespacesAsync());
    }

    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Image_without_its_content_and_pinned_names_are_not_touched(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("untouched");
        var (one, two) = (TestImage.Small(305), TestImage.Small(306));
        var (first, second) = (registry.Add("acme/app:1", one), registry.Add("acme/app:2", two));
        await node.Api.PullAsync(ns.Name, new { reference = first });
        await node.Api.PullAsync(ns.Name, new { reference = second });
        await ns.CtrAsync("images", "label", second, "io.cri-containerd.pinned=pinned");

        var pinned = await node.Api.PostAsync(Path(ns, "tag"), new { source = first, target = second, force = true });
        Assert.Equal((HttpStatusCode.Conflict, "image_pinned"), (pinned.Status, pinned.Code));
        Assert.Equal(HttpStatusCode.Created, (await node.Api.PostAsync(Path(ns, "tag"), new { source = second, target = "copy" })).Status);
        Assert.DoesNotContain("pinned", (await node.Api.GetAsync(Path(ns, "copy"))).Json["labels"]!.ToJsonString());

        await ns.CtrAsync("content", "rm", one.Digest);
        var hollow = await node.Api.PostAsync(Path(ns, "tag"), new { source = first, target = "hollow" });
        Assert.Equal((HttpStatusCode.Conflict, "content_missing"), (hollow.Status, hollow.Code));
        Assert.DoesNotContain("docker.io/library/hollow:latest", await node.Ctr.ImagesAsync(ns.Name));
        Assert.Empty(await node.Ctr.LeasesAsync(ns.Name));
    }

    /// <summary>The source is deleted and collected while it is tagged: the new name either leads to a whole image, or is not there.</summary>
    [Theory]
    [MemberData(nameof(Versions.Each), MemberType = typeof(Versions))]
    public async Task Tag_beside_the_deletion_of_its_source_never_dangles(string version)
    {
        await using var registry = await ScriptedRegistry.StartAsync();
        var node = await nodes.NodeAsync(version);
        await using var ns = node.Containerd.NewNamespace("dangling");
        var reference = registry.Add("acme/app:1", TestImage.Small(307));
        for (var round = 0; round < 15; round++)
        {
            await node.Api.PullAsync(ns.Name, new { reference });
            var tags = Enumerable.Range(0, 3).Select(i => node.Api.PostAsync(Path(ns, "tag"), new { source = reference, target = $"copy:{i}" })).ToArray();
            await node.Api.SendAsync(HttpMethod.Delete, Path(ns, $"{reference}?sync=true"));
            var answers = await Task.WhenAll(tags);

            Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.NotFound or HttpStatusCode.Conflict, answer.Text));
            Assert.Equal(answers.Count(answer => answer.Status is HttpStatusCode.Created), (await node.Ctr.ImagesAsync(ns.Name)).Length);
            Assert.Empty(await ns.ViolationsAsync());
            foreach (var name in await node.Ctr.ImagesAsync(ns.Name))
            {
                await node.Api.SendAsync(HttpMethod.Delete, Path(ns, name));
            }
        }
    }

    private static string Path(ContainerdNamespace ns, string rest) => $"/v1/namespaces/{ns.Name}/images/{rest}";
}
