using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Http;
using Microsoft.AspNetCore.Mvc;

namespace Gateway.Content;

/// <summary>listIngests: the ingests of a namespace by ref.</summary>
internal static class ListIngests
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, [AsParameters] PageRequest page, [FromQuery] string[]? filter, ContainerdClient containerd, CancellationToken cancel)
    {
        var request = new ListStatusesRequest { Filters = { FilterQuery.Checked(filter) } };
        var ingests = (await containerd.In(@namespace).Content.ListStatusesAsync(request, cancellationToken: cancel)).Statuses
            .OrderBy(ingest => ingest.Ref, StringComparer.Ordinal).ToArray();
        var slice = Paging.Slice(ingests, ingest => ingest.Ref, page);
        return Paging.Answer(http, new Page<IngestView>(slice.Items.Select(IngestView.From).ToArray(), slice.NextPageToken));
    }
}
