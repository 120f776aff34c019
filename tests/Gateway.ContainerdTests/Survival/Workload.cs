using Gateway.ContainerdTests.Custom;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>Work that is done while something fails: what it needs first, its request, and how to see by another door that it was done.</summary>
/// <param name="Kind">Of the job.</param>
/// <param name="PrepareAsync">Undisturbed, in a namespace of its own.</param>
/// <param name="SubmitAsync">With an <c>Idempotency-Key</c>: sent again until it is answered.</param>
/// <param name="VerifyAsync">Throws where the work is not done.</param>
internal sealed record Workload(
    string Kind,
    Func<FaultNode, string, string, Task> PrepareAsync,
    Func<FaultNode, string, string, Task<Answer>> SubmitAsync,
    Func<FaultNode, string, string, Task> VerifyAsync)
{
    private const string Name = "docker.io/acme/app:1";

    // A layer in two messages, one that is in the image twice, and one that removes.
    private static readonly TestImage Image = TestImage.Of(
        Layer.Random(1_300_000, 1), CustomCalls.Seed, CustomCalls.Seed, Layer.Of(Compression.Gzip, ("etc/", "dir:"), ("etc/.wh.seed", "")));

    private static readonly byte[] Archive = TestArchive.OciLayout((Name, Image)).ToBytes();

    private static readonly byte[] TwoImages =
        TestArchive.OciLayout((Name, TestImage.Small(1)), ("docker.io/acme/other:1", TestImage.Small(2))).ToBytes();

    /// <summary>The one effect by which it differs from other work; null: all are its own.</summary>
    public string? Own { get; init; }

    public static Workload Pull { get; } = new(
        "image.pull",
        (_, _, _) => Task.CompletedTask,
        (node, ns, key) => node.Api.PostAsync(
            $"/v1/namespaces/{ns}/images/pull",
            new { reference = node.Registry.Add(Repository(key), Image), auth = new { username = "someone", password = FaultNode.Password } },
            ("Idempotency-Key", key)),
        (node, ns, key) => IsWholeAsync(node, ns, $"{node.Registry.Host}/{Repository(key)}", Image.ChainIds));

    /// <summary>A pull of what is here, but older.</summary>
    public static Workload Update { get; } = Pull with
    {
        PrepareAsync = (node, ns, key) => ImportedAsync(node, ns, TestArchive.OciLayout(($"{node.Registry.Host}/{Repository(key)}", TestImage.Small(3))).ToBytes()),
        VerifyAsync = async (node, ns, key) =>
        {
            await node.Ctr.CollectAsync(ns); // the older image's
            await Pull.VerifyAsync(node, ns, key);
        },
        Own = "Images/Update",
    };

    public static Workload Import { get; } = new(
        "image.import",
        (_, _, _) => Task.CompletedTask,
        (node, ns, key) => ImportAsync(node, ns, Archive, key),
        (node, ns, _) => IsWholeAsync(node, ns, Name, Image.ChainIds));

    public static Workload Push { get; } = new(
        "image.push",
        (node, ns, _) => ImportedAsync(node, ns, Archive),
        (node, ns, key) => node.Api.PostAsync(
            $"/v1/namespaces/{ns}/images/push", new { reference = Name, target = $"{node.Registry.Host}/pushed-{key}:1" }, ("Idempotency-Key", key)),
        (node, _, key) =>
        {
            Assert.Equal(Image.Digest, node.Registry.Pushed.Find($"pushed-{key}", "1")?.Digest);
            Assert.Equal(Image.Blobs.Keys.Append(Image.Digest).Append("1").Order(), node.Registry.Pushed.NamesIn($"pushed-{key}").Order());
            return Task.CompletedTask;
        });

    public static Workload Commit { get; } = new(
        "image.commit",
        async (node, ns, _) =>
        {
            await ImportedAsync(node, ns, Archive);
            await node.Ctr.ChangeAsync(ns, "work", Image.ChainIds[^1], "echo changed > new");
        },
        (node, ns, key) => node.Api.PostAsync(
            $"/v1/namespaces/{ns}/images/commit",
            new { snapshotter = "overlayfs", snapshot = "work", @base = Name, reference = "docker.io/acme/committed:1" }, ("Idempotency-Key", key)),
        async (node, ns, _) =>
        {
            await node.Ctr.RemoveSnapshotAsync(ns, "work");
            var platform = await node.Api.PlatformAsync(ns, "docker.io/acme/committed:1");
            var made = (string)platform["layers"]!.AsArray()[^1]!["chainId"]!;
            await IsWholeAsync(node, ns, "docker.io/acme/committed:1", [.. Image.ChainIds, made]);
        });

    public static Workload Prune { get; } = new(
        "image.prune",
        (node, ns, _) => ImportedAsync(node, ns, TwoImages),
        (node, ns, key) => node.Api.PostAsync($"/v1/namespaces/{ns}/images/prune", new { }, ("Idempotency-Key", key)),
        async (node, ns, _) => Assert.Empty(await node.Ctr.ImagesAsync(ns)));

    public static IReadOnlyList<Workload> All { get; } = [Pull, Update, Import, Push, Commit, Prune];

    /// <summary>What is done otherwise there: of Transfer, only what it does.</summary>
    public static IReadOnlyList<Workload> Of(string version) => version is Versions.Transfer ? [Pull, Push] : All;

    /// <summary>Of a trace of the work, the passings that are its own.</summary>
    public IReadOnlyList<(string Place, int Nth)> PassingsIn(IEnumerable<string> trace) =>
        [.. Places.In(trace).Where(passing => Own is null || Places.EffectOf(passing.Place) == Own)];

    /// <summary>Removes what the preparation left besides images.</summary>
    public async Task DropPreparedAsync(FaultNode node, string ns)
    {
        if (this == Commit)
        {
            await node.Ctr.RemoveSnapshotAsync(ns, "work");
        }
    }

    // Its own for each trial, so that a token is asked for in each.
    private static string Repository(string key) => $"acme/{key}:1";

    private static async Task IsWholeAsync(FaultNode node, string ns, string name, IReadOnlyCollection<string> chain)
    {
        Assert.Matches(Ctr.Complete, await node.Ctr.CheckAsync(ns, name));
        Assert.Equal(chain.Distinct().Order(), (await node.Containerd.RecordsOf(ns).SnapshotsAsync()).Select(snapshot => snapshot.Key).Order());
    }

    private static async Task ImportedAsync(FaultNode node, string ns, byte[] archive)
    {
        var answer = await ImportAsync(node, ns, archive, $"prepare-{Guid.NewGuid():N}");
        Assert.True((int)answer.Status is 202, answer.Text);
        Assert.Equal("succeeded", (string?)(await node.Api.EndOfAsync((string)answer.Json["id"]!))["state"]);
    }

    private static Task<Answer> ImportAsync(FaultNode node, string ns, byte[] archive, string key)
    {
        var body = new ByteArrayContent(archive);
        body.Headers.ContentType = new("application/x-tar");
        return node.Api.SendAsync(HttpMethod.Post, $"/v1/namespaces/{ns}/images/import", body, ("Idempotency-Key", key));
    }
}
