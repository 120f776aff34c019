using Gateway.Oci;

namespace Gateway.Images.Push;

/// <summary>Walks an image in the content store and finds what a push of it needs, all of which must be here. One for each attempt.</summary>
internal sealed class PushPlanner(HeldContent content)
{
    /// <summary>Manifests and indexes of one push.</summary>
    private const int MaxDocuments = 1000;

    private readonly List<Descriptor> blobs = [];
    private readonly List<Descriptor> manifests = [];
    private readonly List<Descriptor> indexes = [];
    private readonly List<Descriptor> foreign = [];
    private readonly HashSet<Digest> seen = [];
    private int visited;

    public async Task<PushPlan> PlanAsync(PushWork work, CancellationToken cancel)
    {
        var top = work.Platforms.Count is 0 ? await TakeAllAsync(work.Image, cancel) : await TakeChosenAsync(work, cancel);
        content.RequireAll(work.Reference);
        return new PushPlan(
            top, blobs, manifests.Where(one => one.Digest != top.Digest).ToArray(), indexes.Where(one => one.Digest != top.Digest).ToArray(), foreign);
    }

    private async Task<Descriptor> TakeAllAsync(Descriptor top, CancellationToken cancel)
    {
        await TakeAsync(top, depth: 1, cancel);
        return top;
    }

    // Children first: an index joins the list when all it names has been taken.
    private async Task TakeAsync(Descriptor entry, int depth, CancellationToken cancel)
    {
        if (depth > 1 && !MediaTypes.IsIndex(entry.MediaType) && !MediaTypes.IsManifest(entry.MediaType))
        {
            // An index may name anything: what a registry has no manifest for is a blob.
            await TakeBlobAsync(entry, cancel);
        }
        else if (!MediaTypes.IsIndex(entry.MediaType))
        {
            await TakeManifestAsync(entry, wanted: [], cancel);
        }
        else if (seen.Add(entry.Digest) && await ReadAsync(entry, depth, cancel) is ImageIndex index)
        {
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

        if (manifests.Count is 1 && content.IsAllHere)
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
            if (await ReadAsync(entry, depth, cancel) is not ImageIndex index)
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
        if (!seen.Add(entry.Digest) || await ReadAsync(entry, depth: 1, cancel) is not ImageManifest manifest)
        {
            return;
        }

        var layers = manifest.Layers.ToLookup(layer => layer.Urls is not null || MediaTypes.IsForeign(layer.MediaType));
        foreign.AddRange(layers[true]);
        foreach (var blob in layers[false].Prepend(manifest.Config))
        {
            await TakeBlobAsync(blob, cancel);
        }

        if (wanted.Length > 0 && entry.Platform is null)
        {
            await RequireWantedAsync(manifest, wanted, cancel);
        }

        manifests.Add(entry);
    }

    private async Task TakeBlobAsync(Descriptor blob, CancellationToken cancel)
    {
        if (seen.Add(blob.Digest) && await content.HoldAsync(blob, cancel))
        {
            blobs.Add(blob);
        }
    }

    // Where no index tells the platform, the config has the last word.
    private async Task RequireWantedAsync(ImageManifest manifest, Platform[] wanted, CancellationToken cancel)
    {
        if (content.Lacks(manifest.Config))
        {
            return;
        }

        var offered = MediaTypes.IsConfig(manifest.Config.MediaType) ? ImageConfig.Parse(await content.BytesAsync(manifest.Config, cancel)).Platform : null;
        if (!wanted.Any(platform => PlatformMatcher.Accepts(platform, offered)))
        {
            throw PlatformMatcher.NotFound(wanted[0], [offered]);
        }
    }

    private Task<OciDocument?> ReadAsync(Descriptor entry, int depth, CancellationToken cancel) => depth <= DocumentLimits.MaxIndexDepth && ++visited <= MaxDocuments
        ? content.ReadAsync(entry, cancel)
        : throw new OciException(OciFault.ManifestInvalid, $"{entry.Digest} is nested deeper than {DocumentLimits.MaxIndexDepth} levels, or is one of more than {MaxDocuments} manifests");
}
