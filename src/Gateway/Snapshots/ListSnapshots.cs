using System.Text;
using Gateway.Containerd;
using Gateway.Http;
using Gateway.Snapshots.Pictures;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Snapshots;

/// <summary>listSnapshots: by key, in pages; or all of them as a tree, nested or drawn.</summary>
internal static class ListSnapshots
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, string snapshotter, [AsParameters] PageRequest page, [FromQuery] string[]? filter, string? view,
        ContainerdClient containerd, CancellationToken cancel)
    {
        var client = containerd.In(@namespace);
        var filters = FilterQuery.Checked(filter);
        var form = Negotiation.Best(http, "application/json", TextTree.MediaType, SvgTree.MediaType, MermaidTree.MediaType);
        return view switch
        {
            null or "list" when form is "application/json" => Paging.Answer(http, await PageAsync(client, snapshotter, filters, page, cancel)),
            null or "list" or "tree" => TreeAnswer.Of(http, form, await SnapshotForest.ReadAsync(client, snapshotter, filters, cancel)),
            _ => throw ProblemException.InvalidField("view", "must be list or tree"),
        };
    }

    // The daemon lists by key, bytewise, so a page is whole before the rest has been read; what is read is never kept.
    private static async Task<Page<SnapshotView>> PageAsync(
        NamespacedClient client, string snapshotter, string[] filters, PageRequest page, CancellationToken cancel)
    {
        var (size, after) = (page.Size(), page.After() is { } key ? Encoding.UTF8.GetBytes(key) : []);
        var items = new List<SnapshotView>();
        await foreach (var info in client.SnapshotsAsync(snapshotter, filters, cancel))
        {
            if (Encoding.UTF8.GetBytes(info.Name).AsSpan().SequenceCompareTo(after) <= 0)
            {
                continue;
            }

            if (items.Count == size)
            {
                return new Page<SnapshotView>(items, Paging.Seal(items[^1].Key));
            }

            items.Add(SnapshotView.From(info));
        }

        return new Page<SnapshotView>(items, null);
    }
}
