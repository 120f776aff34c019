using System.Text.Json;
using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Jobs;

namespace Gateway.Images.Prune;

/// <summary>What needs images: pins, containers, leases, jobs.</summary>
internal sealed class PruneNeeds
{
    private readonly ResourceGraph graph;
    private readonly HashSet<string> containerImages;
    private readonly HashSet<ResourceKey> belowContainers;
    private readonly HashSet<ResourceKey> leased;
    private readonly HashSet<ResourceKey> belowLeases;
    private readonly HashSet<string> jobTexts;

    public PruneNeeds(ResourceGraph graph, IReadOnlyList<JobRecord> jobs)
    {
        this.graph = graph;
        containerImages = graph.Containers.Select(container => container.Image).ToHashSet(StringComparer.Ordinal);
        belowContainers = graph.ReachableFrom(graph.Containers.Select(container => ResourceKey.Snapshot(container.Snapshotter, container.SnapshotKey)));
        leased = graph.Leased.ToHashSet();
        belowLeases = graph.ReachableFrom(leased.Where(resource => resource.Snapshotter is not null));
        jobTexts = TextsOf(jobs);
    }

    /// <summary>Why the image stays; null where nothing needs it.</summary>
    /// <param name="family">All records of one target.</param>
    public KeepReason? ReasonToKeep(IReadOnlyList<Image> family)
    {
        var content = graph.ReachableFrom([ResourceKey.Content(family[0].Target.Digest)]).Where(key => key.IsContent).ToArray();
        var chains = content.SelectMany(graph.SnapshotsOf).ToArray();
        return family.Any(ImagePins.IsPinned) ? KeepReason.Pinned
            : family.Any(image => containerImages.Contains(image.Name)) || chains.Any(belowContainers.Contains) ? KeepReason.UsedByContainer
            : family.Any(image => IsNamed(image, jobTexts)) ? KeepReason.NeededByJob
            : content.Any(leased.Contains) || chains.Any(belowLeases.Contains) || family.Any(image => leased.Contains(new("images", image.Name))) ? KeepReason.Leased
            : null;
    }

    /// <summary>Whether a job's request holds the image's name or digest, in whatever field: each kind of job has its own.</summary>
    public static bool IsNamed(Image image, HashSet<string> texts) => texts.Contains(image.Name) || texts.Contains(image.Target.Digest);

    /// <summary>Every text in the requests of jobs that are no prunes.</summary>
    public static HashSet<string> TextsOf(IEnumerable<JobRecord> jobs)
    {
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var job in jobs.Where(job => job.Kind is not PruneJob.JobKind))
        {
            using var request = JsonDocument.Parse(job.Request);
            Add(request.RootElement, texts);
        }

        return texts;
    }

    // Requests nest to the bound of all bodies at most.
    private static void Add(JsonElement element, HashSet<string> texts)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                texts.Add(element.GetString()!);
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Add(item, texts);
                }

                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Add(property.Value, texts);
                }

                break;
        }
    }
}
