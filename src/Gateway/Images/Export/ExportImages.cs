using System.Net.Mime;
using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci;

namespace Gateway.Images.Export;

/// <summary>
/// exportImages: streams images as an archive that OCI tools and <c>docker load</c> read. What is missing is told before the first byte; a failure
/// after it cuts the connection.
/// </summary>
internal static class ExportImages
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, [AsParameters] ExportRequest request, JobId ids, ArchiveSlots slots, RequestLease lease, ContainerdClient containerd, CancellationToken cancel)
    {
        using (slots.Take())
        {
            // Before the lease, which would make a namespace that is not there.
            foreach (var reference in request.Reference)
            {
                await ImageNames.RequireAsync(containerd.In(@namespace), reference, cancel);
            }

            return await lease.RunAsync(@namespace, ids.Next(), isHandedOver: false, async (held, stop) =>
            {
                var plan = await ExportPlan.MakeAsync(held, request, stop);
                WriteHeaders(http.Response, plan);
                if (!HttpMethods.IsHead(http.Request.Method))
                {
                    await WriteBodyAsync(http, held, plan, stop);
                }

                return Results.Empty;
            }, cancel);
        }
    }

    private static void WriteHeaders(HttpResponse response, ExportPlan plan)
    {
        response.ContentType = "application/x-tar";
        response.ContentLength = plan.Pieces().Sum(piece => piece.Bytes.Length + piece.Size);
        response.Headers.ContentDisposition = new ContentDisposition { FileName = FileName(plan) }.ToString();
    }

    // docker.io/library/alpine:3.20 becomes alpine-3.20.tar
    private static string FileName(ExportPlan plan)
    {
        var name = plan.Images.Count is 1 && ImageReference.TryParse(plan.Images[0].Name, out var reference)
            ? $"{reference.Path[(reference.Path.LastIndexOf('/') + 1)..]}-{reference.Object.Replace(':', '-')}"
            : "images";
        return name + ".tar";
    }

    private static async Task WriteBodyAsync(HttpContext http, NamespacedClient held, ExportPlan plan, CancellationToken cancel)
    {
        try
        {
            foreach (var piece in plan.Pieces())
            {
                await http.Response.Body.WriteAsync(piece.Bytes, cancel);
                if (piece.Blob is { } blob)
                {
                    await BlobSender.SendAsync(held, blob, piece.Size, http.Response.Body, cancel);
                }
            }
        }
        catch when (http.Response.HasStarted)
        {
            http.Abort();
            throw;
        }
    }
}
