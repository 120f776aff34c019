using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>listImages: the images of a namespace by name; none where the namespace is not there.</summary>
internal static class ListImages
{
    private const int MaxFilters = 16;
    private const int MaxFilterLength = 1024;

    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, [AsParameters] PageRequest page, string[]? filter, string? view,
        ContainerdClient containerd, ImageInspector inspector, CancellationToken cancel)
    {
        var isFull = view switch
        {
            null or "basic" => false,
            "full" => true,
            _ => throw ProblemException.InvalidField("view", "must be basic or full"),
        };
        var client = containerd.In(@namespace);
        var request = new ListImagesRequest();
        request.Filters.Add(Checked(filter));
        var images = (await client.Images.ListAsync(request, cancellationToken: cancel)).Images.OrderBy(image => image.Name, StringComparer.Ordinal).ToArray();
        var slice = Paging.Slice(images, image => image.Name, page);
        var items = new List<ImageView>();
        foreach (var image in slice.Items)
        {
            items.Add(isFull ? await inspector.InspectAsync(client, image, cancel) : ImageView.From(image));
        }

        return Paging.Answer(http, new Page<ImageView>(items, slice.NextPageToken));
    }

    private static string[] Checked(string[]? filters) => filters switch
    {
        null => [],
        { Length: > MaxFilters } => throw ProblemException.InvalidField("filter", $"is given more than {MaxFilters} times"),
        _ when filters.Any(filter => filter.Length is 0 or > MaxFilterLength) => throw ProblemException.InvalidField("filter", $"is empty or longer than {MaxFilterLength} characters"),
        _ => filters,
    };
}
