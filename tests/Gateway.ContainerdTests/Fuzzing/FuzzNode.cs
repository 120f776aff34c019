using System.Text;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Fuzzing;

/// <summary>A node of its own, whose every registry is the test's: nothing it is told to pull leaves this machine.</summary>
internal sealed class FuzzNode : IAsyncDisposable
{
    private readonly string hosts = Repo.NewFolder("fuzz");

    public Node Node { get; private set; } = null!;

    public ScriptedRegistry Registry { get; private set; } = null!;

    public KnownNames Names { get; private set; } = null!;

    /// <summary>An image's archive, to be spoiled.</summary>
    public byte[] Archive { get; private set; } = [];

    public static async Task<FuzzNode> StartAsync()
    {
        var fuzz = new FuzzNode { Registry = await ScriptedRegistry.StartAsync() };
        var (one, two) = (TestImage.Of(Layer.Random(3_000, 901)), TestImage.Of(Layer.Random(2_000, 902), Layer.Of(Compression.Gzip, ("etc/motd", "hello"))));
        fuzz.Registry.Add("acme/app:1", one);
        fuzz.Registry.Add("acme/app:2", two);
        fuzz.Registry.Add("acme/index:1", TestImage.Index(docker: false, ("linux/amd64", two), ("linux/arm64", TestImage.Small(903, "linux/arm64"))));
        fuzz.Names = new KnownNames(fuzz.Registry.Host, [one.Digest, one.ConfigDigest, two.Digest, .. two.Layers.Select(layer => Layer.Hash(layer.Bytes))]);
        fuzz.Archive = TestArchive.OciLayout(($"{fuzz.Registry.Host}/acme/imported:1", one)).ToBytes();
        var all = Directory.CreateDirectory(Path.Combine(fuzz.hosts, "_default")).FullName;
        await File.WriteAllTextAsync(Path.Combine(all, "hosts.toml"), $"server = \"http://{fuzz.Registry.Host}\"\n");
        fuzz.Node = await Node.StartAsync(Versions.Oldest, new Dictionary<string, string?>
        {
            ["Registries__ConfigPath"] = fuzz.hosts,
            ["Registries__MaxAttempts"] = "1",
            ["Jobs__MaxAttempts"] = "1",
        });
        return fuzz;
    }

    /// <summary>Puts something under the names that requests use.</summary>
    public async Task PrepareAsync()
    {
        foreach (var ns in new[] { "fuzz-a", "fuzz-b" })
        {
            var path = $"/v1/namespaces/{ns}";
            await Node.Api.PostAsync($"{path}/leases", new { id = "keep" });
            using var hello = new ByteArrayContent(Encoding.UTF8.GetBytes("hello"));
            await Node.Api.SendAsync(HttpMethod.Put, $"{path}/content/{KnownNames.Hello}?lease=keep", hello);
            await Node.Api.PostAsync($"{path}/snapshotters/overlayfs/snapshots", new { key = "root", kind = "active", lease = "keep" });
            await Node.Api.PostAsync($"{path}/snapshotters/overlayfs/snapshots/root/commit", new { name = "done", lease = "keep" });
            await Node.Api.PostAsync($"{path}/snapshotters/overlayfs/snapshots", new { key = "work", kind = "active", parent = "done", lease = "keep" });
            await Node.Api.PullAsync(ns, new { reference = $"{Registry.Host}/acme/app:1" });
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Registry.DisposeAsync();
        Directory.Delete(hosts, recursive: true);
    }
}
