using System.Text.Json;
using Gateway.Containerd;
using Gateway.Containerd.Filters;
using Gateway.Containerd.Services.Images;
using Gateway.Http;
using Gateway.Images.Reading;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Images;

/// <summary>listImages: the images of a namespace by name; none where the namespace is not there.</summary>
internal static class ListImages
{
    /// <summary>Images on a full page from which on blobs and snapshots are asked for all at once instead of one by one.</summary>
    private const int Many = 16;

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, [AsParameters] PageRequest page, [FromQuery] string[]? filter, string? view,
        ImageCatalog catalog, ImageInspector inspector, CancellationToken cancel)
    {
        var memory = await catalog.OpenAsync(@namespace, cancel);
        // The query as it came: whatever is the same text is the same question.
        var key = new AnswerKey(http.Request.Path, http.Request.QueryString.Value ?? "?");
        if (memory.Find(key) is not { } answer)
        {
            var isFull = IsFull(view);
            var slice = Paging.Slice(await MatchingAsync(memory, ImageFilters.Parse(FilterQuery.Checked(filter)), cancel), image => image.Name, page);
            var items = isFull
                ? await InspectAsync(memory, slice.Items, inspector, cancel)
                : [.. slice.Items.Select(ImageView.From)];
            answer = new KeptAnswer(
                JsonSerializer.SerializeToUtf8Bytes(new Page<ImageView>(items, slice.NextPageToken), GatewayJson.Options), Paging.LinkTo(http, slice.NextPageToken));
            catalog.Keep(memory, key, answer);
        }

        return Paging.Answer(http, answer.Body, answer.Header);
    }

    private static bool IsFull(string? view) => view switch
    {
        null or "basic" => false,
        "full" => true,
        _ => throw ProblemException.InvalidField("view", "must be basic or full"),
    };

    private static async Task<IReadOnlyList<Image>> MatchingAsync(NamespaceMemory memory, ImageFilter filter, CancellationToken cancel)
    {
        if (memory.Reading.Stamp is null || !filter.IsLocal)
        {
            // Read once and not kept: the daemon sends only what matches.
            return await memory.Reading.Client.ListImagesAsync(filter.Texts, cancel);
        }

        var all = await memory.Reading.ImagesAsync(cancel);
        return filter.MatchesAll ? all : [.. all.Where(filter.Matches)];
    }

    private static async Task<IReadOnlyList<ImageView>> InspectAsync(
        NamespaceMemory memory, IReadOnlyList<Image> images, ImageInspector inspector, CancellationToken cancel)
    {
        if (images.Count >= Many)
        {
            await inspector.LoadAllAsync(memory.Reading, cancel);
        }

        var items = new List<ImageView>(images.Count);
        foreach (var image in images)
        {
            items.Add(await inspector.InspectAsync(memory.Reading, image, cancel));
        }

        return items;
    }
}
