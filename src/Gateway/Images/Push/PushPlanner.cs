using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Oci;

namespace Gateway.Images.Push;

/// <summary>
/// Walks an image in the content store, holds what it is made of with the push's lease, and sees that all of it is here. One for each attempt.
/// </summary>
internal sealed class PushPlanner(BlobStore store)
{
    private const int MaxIndexDepth = 4;

    /// <summary>Manifests and indexes of one push.</summary>
    private const int MaxDocuments = 1000;

    /// <summary>Missing digests that the problem names.</summary>
    private const int MaxNamed = 16;

    private readonly List<Descriptor> blobs = [];
    private readonly List<Descriptor> manifests = [];
    private readonly List<Descriptor> indexes = [];
    private readonly HashSet<Digest> seen = [];
    private readonly List<Digest> missing = [];

    public async Task<PushPlan> PlanAsync(PushWork work, CancellationToken cancel)
    {
        var top = work.Platforms.Count is 0 ? await TakeAllAsync(work.Image, cancel) : await TakeChosenAsync(work, cancel);
        if (missing.Count > 0)
        {
            var named = string.Join(", ", missing.Take(MaxNamed));
            throw new ProblemException(ProblemKinds.ContentMissing,
                $"{work.Reference} is not all here: {missing.Count} of its blobs are missing: {named}{(missing.Count > MaxNamed ? ", ..." : "")}");
        }

        return new PushPlan(top, blobs, manifests.Where(one => one.Digest != top.Digest).ToArray(), indexes.Where(one => one.Digest != top.Digest).ToArray());
    }

    private async Task<Descriptor> TakeAllAsync(Descriptor top, CancellationToken cancel)
    {
        await TakeAsync(top, depth: 1, cancel);
        return top;
    }

    // Children first: an index joins the list when all it names has been taken.
    private async Task TakeAsync(Descriptor entry, int depth, CancellationToken cancel)
    {
        if (!MediaTypes.IsIndex(entry.MediaType))
        {
            await TakeManifestAsync(entry, wanted: [], cancel);
        }
        else if (seen.Add(entry.Digest) && await ReadAsync(entry, cancel) is ImageIndex index)
        {
            RequireBounds(entry, depth);
            foreach (var child in index.Manifests)
            {
                await TakeAsync(child, depth + 1, cancel);
            }

            indexes.Add(entry);
        }
    }

    // One manifest is pushed as itself. Several need the index above them, as it is: another index would have another digest.
    private async Task<Descriptor> TakeChosenAsync(PushWork work, CancellationToken cancel)
    {
        var wanted = work.Platforms.Select(Platform.Parse).ToArray();
        var (chosen, passed) = (new List<Descriptor>(), new List<Descriptor>());
        foreach (var platform in wanted)
        {
            if (await ChooseAsync(work.Image, platform, passed, cancel) is { } manifest)
            {
                chosen.Add(manifest);
            }
        }

        foreach (var manifest in chosen)
        {
            await TakeManifestAsync(manifest, wanted, cancel);
        }

        if (manifests.Count is 1 && missing.Count is 0)
        {
            return manifests[0];
        }

        // Each platform's way down from the top, so that turned round an index comes after those it leads to.
        indexes.AddRange(Enumerable.Reverse(passed).DistinctBy(index => index.Digest));
        return work.Image;
    }

    private async Task<Descriptor?> ChooseAsync(Descriptor entry, Platform wanted, List<Descriptor> passed, CancellationToken cancel)
    {
        for (var depth = 1; MediaTypes.IsIndex(entry.MediaType); depth++)
        {
            RequireBounds(entry, depth);
            if (await ReadAsync(entry, cancel) is not ImageIndex index)
            {
                return null;
            }

            passed.Add(entry);
            entry = PlatformMatcher.Choose(wanted, index);
        }

        return entry;
    }

    private async Task TakeManifestAsync(Descriptor entry, Platform[] wanted, CancellationToken cancel)
    {
        if (!seen.Add(entry.Digest) || await ReadAsync(entry, cancel) is not ImageManifest manifest)
        {
            return;
        }

        RequireBounds(entry, depth: 1);
        foreach (var blob in manifest.Layers.Where(layer => layer.Urls is null && !MediaTypes.IsForeign(layer.MediaType)).Prepend(manifest.Config))
        {
            if (seen.Add(blob.Digest) && await FindAsync(blob, cancel) is not null)
            {
                blobs.Add(blob);
            }
        }

        if (wanted.Length > 0 && entry.Platform is null)
        {
            await RequireWantedAsync(manifest, wanted, cancel);
        }

        manifests.Add(entry);
    }

    // Where no index tells the platform, the config has the last word.
    private async Task RequireWantedAsync(ImageManifest manifest, Platform[] wanted, CancellationToken cancel)
    {
        if (missing.Contains(manifest.Config.Digest))
        {
            return;
        }

        var offered = MediaTypes.IsConfig(manifest.Config.MediaType) ? ImageConfig.Parse(await BytesAsync(manifest.Config, cancel)).Platform : null;
        if (!wanted.Any(platform => PlatformMatcher.Accepts(platform, offered)))
        {
            throw PlatformMatcher.NotFound(wanted[0], [offered]);
        }
    }

    private async Task<OciDocument?> ReadAsync(Descriptor entry, CancellationToken cancel) =>
        await FindAsync(entry, cancel) is null ? null : OciDocument.Parse(await BytesAsync(entry, cancel), entry.MediaType, allowForeign: true);

    private Task<byte[]> BytesAsync(Descriptor document, CancellationToken cancel) => document.Size <= DocumentLimits.MaxBytes
        ? store.Client.ReadAllAsync(document.Digest.ToString(), DocumentLimits.MaxBytes, cancel)
        : throw new OciException(OciFault.ManifestTooLarge, $"{document.Digest} is over {DocumentLimits.MaxBytes} bytes");

    // Held before it counts as here: nothing is collected while it is pushed.
    private async Task<Info?> FindAsync(Descriptor blob, CancellationToken cancel)
    {
        var info = await store.FindAsync(blob, cancel);
        if (info is null && !missing.Contains(blob.Digest))
        {
            missing.Add(blob.Digest);
        }

        return info is null || info.Size == blob.Size
            ? info
            : throw new OciException(OciFault.ManifestInvalid, $"{blob.Digest} is stored with {info.Size} bytes where {blob.Size} are named");
    }

    private void RequireBounds(Descriptor entry, int depth)
    {
        if (depth > MaxIndexDepth || manifests.Count + indexes.Count >= MaxDocuments)
        {
            throw new OciException(OciFault.ManifestInvalid, $"{entry.Digest} is nested deeper than {MaxIndexDepth} levels, or is one of more than {MaxDocuments} manifests");
        }
    }
}
