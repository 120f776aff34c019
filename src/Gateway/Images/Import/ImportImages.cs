using Gateway.Containerd;
using Gateway.Jobs;
using Gateway.Oci.Archives;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Gateway.Images.Import;

/// <summary>
/// importImages: streams an archive from the request into the content store, and starts a job once the whole of it stands there and is
/// understood. So a 202 loses nothing over a restart, and an archive that cannot be imported is told at once.
/// </summary>
internal static class ImportImages
{
    public static async Task<IResult> Handle(
        HttpContext http, string @namespace, [AsParameters] ImportRequest request, JobStarter jobs, JobId ids, ArchiveSlots slots,
        RequestLease lease, DiskReserve disk, ByteQuota quota, ContainerdClient containerd, IOptions<ContainerdOptions> daemon, IOptions<ImageOptions> options, CancellationToken cancel)
    {
        var snapshotter = request.Snapshotter ?? daemon.Value.DefaultSnapshotter;
        await containerd.RequireSnapshotterAsync(snapshotter, cancel);
        var limits = LimitBody(http, options.Value);
        var room = await disk.RoomAsync(snapshotter, cancel);
        room.Require(http.Request.ContentLength ?? 0);
        await quota.RequireAsync(containerd.In(@namespace), http.Request.ContentLength ?? 1, _ => false, cancel);
        var id = ids.Next();
        return await JobAnswers.Accepted(http, await ReceiveAsync(), cancel);

        async Task<JobRecord> ReceiveAsync()
        {
            using var slot = slots.Take();
            return await lease.RunAsync(@namespace, id, isHandedOver: true, async (held, stop) =>
            {
                var work = await ImportPlan.ReceiveAsync(held, http.Request.Body, limits, room, quota.Meter(held), request, snapshotter, stop);
                var start = new JobStart(ImportJob.JobKind, @namespace, work, WorkKey: null, Secret: null, options.Value.PullTimeout, id);
                return await jobs.StartAsync(start, http, stop);
            }, cancel);
        }
    }

    // The server's own limit of a body is lifted: what passes is counted where the archive is read, which also tells the right problem.
    private static ArchiveLimits LimitBody(HttpContext http, ImageOptions options)
    {
        if (http.Request.ContentLength > options.MaxArchiveBytes)
        {
            throw ArchiveFault.TooLarge($"it has {http.Request.ContentLength} bytes; at most {options.MaxArchiveBytes} are accepted");
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = null;
        }

        return new ArchiveLimits(options.MaxArchiveBytes);
    }
}
