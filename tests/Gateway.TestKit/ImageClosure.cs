using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gateway.TestKit;

/// <summary>
/// All that a namespace's images need, found by walking their documents on disk: everything of it must be there and whole, and nothing else may be.
/// </summary>
internal sealed class ImageClosure
{
    private readonly ContainerdPlace daemon;
    private readonly string snapshotter;
    private readonly HashSet<string> present;
    private readonly HashSet<string> needed = [];
    private readonly HashSet<string> chains = [];
    private readonly List<string> violations = [];

    private readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> labels;

    private ImageClosure(ContainerdPlace daemon, string snapshotter, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> labels) =>
        (this.daemon, this.snapshotter, this.labels, present) = (daemon, snapshotter, labels, [.. labels.Keys]);

    private string UnpackedLabel => "containerd.io/gc.ref.snapshot." + snapshotter;

    public static async Task<IReadOnlyList<string>> ViolationsAsync(ContainerdPlace daemon, string containerdNamespace, string snapshotter)
    {
        var records = daemon.RecordsOf(containerdNamespace);
        var closure = new ImageClosure(daemon, snapshotter, await records.BlobsAsync());
        var images = await records.ImagesAsync();
        closure.violations.AddRange(await FaultsAsync(daemon, containerdNamespace, images, snapshotter));
        foreach (var (name, target) in images)
        {
            await closure.NeedAsync(target, name);
        }

        closure.violations.AddRange(closure.present.Except(closure.needed).Select(blob => $"blob {blob} is left though no image needs it"));
        var committed = (await records.SnapshotsAsync(snapshotter)).Where(snapshot => snapshot.Kind is "Committed").Select(snapshot => snapshot.Key).ToArray();
        closure.violations.AddRange(committed.Except(closure.chains).Select(key => $"snapshot {key} is left though no image needs it"));
        closure.violations.AddRange(closure.Unpacked().Where(unpacked => !committed.Contains(unpacked.Top))
            .Select(unpacked => $"config {unpacked.Config} names the snapshot {unpacked.Top}, which is not there"));
        closure.violations.AddRange(closure.Unpacked().Where(unpacked => unpacked.Top != Chain(closure.DiffIds(unpacked.Config)).LastOrDefault())
            .Select(unpacked => $"config {unpacked.Config} names the snapshot {unpacked.Top}, which is not its own"));

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
        violations.AddRange(children.Except(HeldBy(digest)).Select(child => $"blob {digest} of {owner} does not hold {child}"));
        foreach (var child in children)
        {
            await NeedAsync(child, owner);
        }

        chains.UnionWith(Chain(DiffIds(document)));
        if (Digests(document["config"]) is [var config])
        {
            violations.AddRange(FaultsOfLabels(digest, config, Digests(document["layers"])));
        }
    }

    // Where a blob can be fetched or mounted from, and by what an unpacked layer's snapshot is known again.
    private IEnumerable<string> FaultsOfLabels(string manifest, string config, string[] layers)
    {
        var sources = labels[manifest].Keys.Where(label => label.StartsWith("containerd.io/distribution.source.", StringComparison.Ordinal));
        var faults = from source in sources
                     from blob in layers.Append(config).Where(present.Contains)
                     where !labels[blob].ContainsKey(source)
                     select $"blob {blob} lacks {source} of its manifest";
        return present.Contains(config) && labels[config].ContainsKey(UnpackedLabel)
            ? faults.Concat(layers.Zip(DiffIds(config))
                .Where(layer => present.Contains(layer.First) && layer.First != layer.Second && labels[layer.First].GetValueOrDefault("containerd.io/uncompressed") != layer.Second)
                .Select(layer => $"blob {layer.First} is unpacked and not labeled with {layer.Second}"))
            : faults;
    }

    private IEnumerable<string> DiffIds(string config) => DiffIds(Document(config)!);

    private static IEnumerable<string> DiffIds(JsonObject config) => (config["rootfs"]?["diff_ids"]?.AsArray() ?? []).Select(diffId => (string)diffId!);

    // What the daemon's collector sees as reachable from a blob.
    private IEnumerable<string> HeldBy(string digest) =>
        labels[digest].Where(label => label.Key.StartsWith("containerd.io/gc.ref.content", StringComparison.Ordinal)).Select(label => label.Value);

    private async Task VerifyAsync(string digest)
    {
        await using var file = File.OpenRead(daemon.BlobPath(digest));
        if ("sha256:" + Convert.ToHexStringLower(await SHA256.HashDataAsync(file)) != digest)
        {
            violations.Add($"blob {digest} has other bytes");
        }
    }

    private static IEnumerable<string> Chain(IEnumerable<string> diffIds)
    {
        string? chain = null;
        foreach (var diffId in diffIds)
        {
            yield return chain = chain is null ? diffId : Layer.Hash(System.Text.Encoding.ASCII.GetBytes($"{chain} {diffId}"));
        }
    }

    private IEnumerable<(string Config, string Top)> Unpacked() =>
        from config in needed
        where present.Contains(config) && Document(config)?["rootfs"] is not null
        let top = labels[config].GetValueOrDefault(UnpackedLabel)
        where top is not null
        select (config, top);

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

    /// <summary>Images that <c>ctr images check</c> does not find whole.</summary>
    public static async Task<IEnumerable<string>> FaultsAsync(ContainerdPlace daemon, string containerdNamespace, (string Name, string Target)[] images, string snapshotter = "overlayfs")
    {
        var checks = images.Length > 0 ? await daemon.Ctr.ChecksAsync(containerdNamespace, snapshotter) : "";
        return images.Select(image => Ctr.RowOf(image.Name, checks)).Where(row => !Regex.IsMatch(row, Ctr.Complete)).Select(row => $"image {row}");
    }

    private static string[] Digests(JsonNode? node) => node switch
    {
        JsonArray many => [.. many.Select(one => (string)one!["digest"]!)],
        JsonObject one when one["digest"] is { } digest => [(string)digest!],
        _ => [],
    };
}
