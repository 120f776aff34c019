using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Push;

/// <summary>Parts of an index, and images that are not all here.</summary>
public sealed class PushPlatformsTests(Nodes nodes)
{
    private static readonly TestImage Amd = TestImage.Small(21);
    private static readonly TestImage Arm = TestImage.Small(22, "linux/arm64/v8");
    private static readonly TestImage Risc = TestImage.Small(23, "linux/riscv64");
    private static readonly TestImage Index = TestImage.Index(docker: false, ("linux/amd64", Amd), ("linux/arm64/v8", Arm), ("linux/riscv64", Risc));

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task One_platform_of_an_index_is_pushed_as_itself(string version)
    {
        await using var trial = await StartAsync(version);
        await trial.BringAsync(Index);

        PushTrial.Succeeded(await trial.PushAsync("linux/arm64"), Arm.Digest);

        Assert.Equal(Arm.Blobs.Keys.Append(Arm.Digest).Append("1").Order(), trial.Registry.Pushed.NamesIn("acme/app").Order());
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task All_platforms_by_name_are_the_index(string version)
    {
        await using var trial = await StartAsync(version);
        await trial.BringAsync(Index);

        PushTrial.Succeeded(await trial.PushAsync("linux/riscv64", "linux/arm64", "linux/amd64"), Index.Digest);

        Assert.Equal(Index.Blobs.Keys.Concat(Index.Manifests.Keys).Append("1").Order(), trial.Registry.Pushed.NamesIn("acme/app").Order());
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Several_platforms_need_a_registry_that_takes_an_index_without_the_others(string version)
    {
        await using var trial = await StartAsync(version);
        await trial.BringAsync(Index);

        var strict = await trial.PushAsync("linux/amd64", "linux/arm64");
        Assert.Equal("registry_refused", PushTrial.Code(strict));
        Assert.Equal(1, (int)strict["attempt"]!);

        trial.Registry.Script = async http =>
        {
            if (http.Request.Method is not "PUT" || !http.Request.Path.Value!.EndsWith("/manifests/1", StringComparison.Ordinal))
            {
                return false;
            }

            await http.Request.Body.CopyToAsync(Stream.Null);
            http.Response.Headers["Docker-Content-Digest"] = Index.Digest; // containerd's Transfer service insists on it
            http.Response.StatusCode = 201;
            return true;
        };
        PushTrial.Succeeded(await trial.PushAsync("linux/amd64", "linux/arm64"), Index.Digest);
        Assert.Null(trial.Registry.Pushed.Find("acme/app", Risc.Digest));
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Platform_that_the_image_does_not_have_is_not_found(string version)
    {
        await using var trial = await StartAsync(version);
        await trial.BringAsync(Index);

        Assert.Equal("platform_not_found", PushTrial.Code(await trial.PushAsync("windows/amd64")));
        Assert.Empty(trial.Registry.Seen);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Platform_of_a_single_image_is_that_of_its_config(string version)
    {
        await using var trial = await StartAsync(version);
        await trial.BringAsync(Arm);

        Assert.Equal("platform_not_found", PushTrial.Code(await trial.PushAsync("linux/amd64")));
        PushTrial.Succeeded(await trial.PushAsync("linux/arm64"), Arm.Digest);
    }

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Image_that_is_not_all_here_fails_before_anything_is_sent(string version)
    {
        await using var trial = await StartAsync(version);
        await trial.BringAsync(Index, "linux/amd64");

        var whole = await trial.PushAsync();
        var other = await trial.PushAsync("linux/arm64");

        Assert.Equal("content_missing", PushTrial.Code(whole));
        Assert.Equal(409, (int)whole["error"]!["status"]!);
        Assert.False((bool)whole["error"]!["retryable"]!);
        Assert.Contains(Arm.Digest, (string?)whole["error"]!["detail"], StringComparison.Ordinal);
        Assert.Contains(Risc.Digest, (string?)whole["error"]!["detail"], StringComparison.Ordinal);
        Assert.DoesNotContain(Amd.Digest, (string?)whole["error"]!["detail"], StringComparison.Ordinal);
        Assert.Equal("content_missing", PushTrial.Code(other));
        Assert.DoesNotContain(Risc.Digest, (string?)other["error"]!["detail"], StringComparison.Ordinal);
        Assert.Empty(trial.Registry.Seen);
        PushTrial.Succeeded(await trial.PushAsync("linux/amd64"), Amd.Digest);
    }

    [Theory]
    [MemberData(nameof(Versions.BothEngines), MemberType = typeof(Versions))]
    public async Task Layer_that_is_gone_is_named(string version)
    {
        await using var trial = await StartAsync(version);
        var image = TestImage.Of(Layer.Of(Compression.Gzip, ("a", "a")), Layer.Of(Compression.Gzip, ("b", "b")));
        await trial.BringAsync(image);
        await trial.Node.Ctr.RunAsync(trial.Namespace, "content", "rm", image.Layers[1].Digest);

        var job = await trial.PushAsync();

        Assert.Equal("content_missing", PushTrial.Code(job));
        Assert.EndsWith($": {image.Layers[1].Digest}", (string?)job["error"]!["detail"], StringComparison.Ordinal);
        Assert.Empty(trial.Registry.Seen);
        Assert.Empty(await trial.Node.Ctr.LeasesAsync(trial.Namespace));
        trial.IsBroken = true;
    }

    private async Task<Trial> StartAsync(string version) => new(await nodes.NodeAsync(version), await ScriptedRegistry.StartAsync(), nodes.NewName("parts"));

    /// <summary>A namespace with an image in it, and a strict registry to push to. Checks at its end that no push left anything.</summary>
    private sealed class Trial(Node node, ScriptedRegistry registry, string ns) : IAsyncDisposable
    {
        private string reference = "";

        public Node Node => node;

        public ScriptedRegistry Registry => registry;

        public string Namespace => ns;

        /// <summary>The test has broken the image itself.</summary>
        public bool IsBroken { get; set; }

        public async Task BringAsync(TestImage image, params string[] platforms)
        {
            await using var source = await ScriptedRegistry.StartAsync();
            reference = source.Add("source/image:1", image);
            var job = await node.Api.PullAsync(ns, platforms.Length is 0 ? new { reference, unpack = false, allPlatforms = true } : new { reference, unpack = false, platforms });
            Assert.True((string?)job["state"] is "succeeded", job.ToJsonString());
        }

        public Task<JsonObject> PushAsync(params string[] platforms) => node.Api.PushAsync(ns, new { reference, target = $"{registry.Host}/acme/app:1", platforms });

        public async ValueTask DisposeAsync()
        {
            await registry.DisposeAsync();
            if (!IsBroken)
            {
                await PushTrial.IsCleanAsync(node, ns);
            }
        }
    }
}
