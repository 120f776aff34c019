using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Http;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Content;

/// <summary>listContent: the blobs of a namespace by digest. The daemon streams them in that order, and is stopped when the page is full.</summary>
internal static class ListContent
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, [AsParameters] PageRequest page, [FromQuery] string[]? filter, ContainerdClient containerd, CancellationToken cancel)
    {
        var (size, after) = (page.Size(), page.After());
        var request = new ListContentRequest { Filters = { FilterQuery.Checked(filter) } };
        var items = new List<ContentView>();
        using var call = containerd.In(@namespace).Content.List(request, cancellationToken: cancel);
        while (items.Count <= size && await call.ResponseStream.MoveNext(cancel))
        {
            var next = call.ResponseStream.Current.Info.Where(info => after is null || string.CompareOrdinal(info.Digest, after) > 0);
            items.AddRange(next.Take(size + 1 - items.Count).Select(ContentView.From));
        }

        return Paging.Answer(http, items.Count <= size
            ? new Page<ContentView>(items, null)
            : new Page<ContentView>(items[..size], Paging.Seal(items[size - 1].Digest)));
    }
}
