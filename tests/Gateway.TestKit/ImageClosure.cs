using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Gateway.TestKit;

/// <summary>
/// All that a namespace's images need, found by walking their documents on disk: everything of it must be there and whole, and nothing else may be.
/// </summary>
internal sealed class ImageClosure
{
    private readonly ContainerdPlace daemon;
    private readonly HashSet<string> present;
    private readonly HashSet<string> needed = [];
    private readonly HashSet<string> chains = [];
    private readonly List<string> violations = [];

    private readonly Lazy<Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>> labels;

    private ImageClosure(ContainerdPlace daemon, string containerdNamespace, IEnumerable<string> present)
    {
        (this.daemon, this.present) = (daemon, [.. present]);
        labels = new(() => daemon.Ctr.LabelsAsync(containerdNamespace));
    }

    public static async Task<IReadOnlyList<string>> ViolationsAsync(ContainerdPlace daemon, string containerdNamespace, string snapshotter)
    {
        var ctr = daemon.Ctr;
        var closure = new ImageClosure(daemon, containerdNamespace, await ctr.BlobsAsync(containerdNamespace));
        foreach (var name in await ctr.ImagesAsync(containerdNamespace))
        {
            var row = await ctr.CheckAsync(containerdNamespace, name, snapshotter);
            if (!row.Contains("complete", StringComparison.Ordinal) || row.Contains("incomplete", StringComparison.Ordinal))
            {
                closure.violations.Add($"image {row}");
            }

            await closure.NeedAsync(await ctr.TargetOfAsync(containerdNamespace, name), name);
        }

        closure.violations.AddRange(closure.present.Except(closure.needed).Select(blob => $"blob {blob} is left though no image needs it"));
        closure.violations.AddRange((await ctr.SnapshotsAsync(containerdNamespace, snapshotter))
            .Where(snapshot => snapshot.Kind is "Committed" && !closure.chains.Contains(snapshot.Key))
            .Select(snapshot => $"snapshot {snapshot.Key} is left though no image needs it"));
        foreach (var (config, top) in await closure.UnpackedAsync(snapshotter))
        {
            if (!(await ctr.SnapshotsAsync(containerdNamespace, snapshotter)).Any(snapshot => snapshot.Key == top && snapshot.Kind is "Committed"))
            {
                closure.violations.Add($"config {config} names the snapshot {top}, which is not there");
            }
        }

        return closure.violations;
    }

    // Of an index, what is there is needed, and something must be: a pull takes some platforms only.
    private async Task NeedAsync(string digest, string owner)
    {
        if (!needed.Add(digest))
        {
            return;
        }

        if (!present.Contains(digest))
        {
            violations.Add($"blob {digest} of {owner} is missing");
            return;
        }

        await VerifyAsync(digest);
        if (Document(digest) is not { } document)
        {
            return;
        }

        var manifests = Digests(document["manifests"]);
        if (manifests.Length > 0 && !manifests.Any(present.Contains))
        {
            violations.Add($"index {digest} of {owner} has no manifest");
        }

        var children = manifests.Where(present.Contains).Concat(Digests(document["layers"])).Concat(Digests(document["config"])).ToArray();
        violations.AddRange(children.Except(await HeldByAsync(digest)).Select(child => $"blob {digest} of {owner} does not hold {child}"));
        foreach (var child in children)
        {
            await NeedAsync(child, owner);
        }

        AddChains(document["rootfs"]?["diff_ids"]?.AsArray());
    }

    // What the daemon's collector sees as reachable from a blob.
    private async Task<IEnumerable<string>> HeldByAsync(string digest) => (await labels.Value).GetValueOrDefault(digest)?
        .Where(label => label.Key.StartsWith("containerd.io/gc.ref.content", StringComparison.Ordinal)).Select(label => label.Value) ?? [];

    private async Task VerifyAsync(string digest)
    {
        await using var file = File.OpenRead(daemon.BlobPath(digest));
        if ("sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file)) != digest)
        {
            violations.Add($"blob {digest} has other bytes");
        }
    }

    private void AddChains(JsonArray? diffIds)
    {
        string? chain = null;
        foreach (var diffId in diffIds ?? [])
        {
            chain = chain is null ? (string)diffId! : Layer.Hash(System.Text.Encoding.ASCII.GetBytes($"{chain} {diffId}"));
            chains.Add(chain);
        }
    }

    private async Task<IReadOnlyList<(string Config, string Top)>> UnpackedAsync(string snapshotter)
    {
        var unpacked = new List<(string, string)>();
        foreach (var config in needed.Where(digest => present.Contains(digest) && Document(digest)?["rootfs"] is not null))
        {
            if ((await labels.Value)[config].TryGetValue("containerd.io/gc.ref.snapshot." + snapshotter, out var top))
            {
                unpacked.Add((config, top));
            }
        }

        return unpacked;
    }

    // Layers are no JSON; of what is, only objects are documents.
    private JsonObject? Document(string digest)
    {
        var file = new FileInfo(daemon.BlobPath(digest));
        if (file.Length > 8 << 20 || file.Length is 0)
        {
            return null;
        }

        var bytes = File.ReadAllBytes(file.FullName);
        try
        {
            return bytes[0] is (byte)'{' ? JsonNode.Parse(bytes) as JsonObject : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static string[] Digests(JsonNode? node) => node switch
    {
        JsonArray many => [.. many.Select(one => (string)one!["digest"]!)],
        JsonObject one when one["digest"] is { } digest => [(string)digest!],
        _ => [],
    };
}
