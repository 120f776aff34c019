using FluentValidation;
using Gateway.Auth;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.OpenApi;
using Gateway.Snapshots.Diff;
using Gateway.Snapshots.Pictures;
using Gateway.Snapshots.Reading;
using Gateway.Snapshots.Trees;

namespace Gateway.Snapshots;

/// <summary>Routes of tag "Snapshots", under <c>/v1/namespaces/{namespace}/snapshotters/{snapshotter}</c>.</summary>
internal static class SnapshotEndpoints
{
    public static void AddSnapshots(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<SnapshotOptions>().BindConfiguration(SnapshotOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<SnapshotLeases>();
        builder.Services.AddSingleton<SnapshotWork>();
        builder.Services.AddSingleton<SnapshotReader>();
        builder.Services.AddSingleton<IJobHandler, DiffJob>();
        builder.Services.AddSingleton<IValidator<SnapshotRequest>, SnapshotRequestValidator>();
        builder.Services.AddSingleton<IValidator<SnapshotCommitBody>, SnapshotCommitBodyValidator>();
        builder.Services.AddSingleton<IValidator<DiffBody>, DiffBodyValidator>();
    }

    public static void MapSnapshots(this IEndpointRouteBuilder inNamespace)
    {
        var snapshotter = inNamespace.MapGroup("/snapshotters/{snapshotter}").WithTags("Snapshots");
        snapshotter.MapPost("/cleanup", CleanupSnapshotter.Handle).Needs(Permission.SnapshotsWrite).WithName("cleanupSnapshotter")
            .WithSummary("Clean a snapshotter up")
            .WithDescription("Has it take what removed snapshots left on disk. 501 where it leaves nothing that would have to be taken, as overlayfs and native.")
            .Produces(StatusCodes.Status204NoContent);

        var snapshots = snapshotter.MapGroup("/snapshots");
        snapshots.MapGet("", ListSnapshots.Handle).Needs(Permission.SnapshotsRead).WithName("listSnapshots")
            .WithSummary("List snapshots")
            .WithDescription("The snapshots of a namespace by key. Filters: `kind`, `name`, `parent`, `labels`. `view=tree` nests each under its parent, with its size and the images that use it; by `Accept` the tree is drawn for a terminal, as SVG or as Mermaid.")
            .Produces<Page<SnapshotView>>(StatusCodes.Status200OK, "application/json", TextTree.MediaType, SvgTree.MediaType, MermaidTree.MediaType).Fails(406, 422);
        snapshots.MapPost("", CreateSnapshot.Handle).Needs(Permission.SnapshotsWrite).Validates<SnapshotRequest>().WithName("createSnapshot")
            .WithSummary("Prepare or view a snapshot")
            .WithDescription("Makes an active snapshot or a view, kept by the named lease or by one that is made. Paths of the host are among the mounts only for callers with `node:read`.")
            .Produces<MadeSnapshotView>(StatusCodes.Status201Created).Fails(409, 413, 415)
            .Example("""{"key": "my-work", "kind": "active", "parent": "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef", "term": "2h"}""");
        snapshots.MapGet("/{key}", GetSnapshot.Handle).Needs(Permission.SnapshotsRead).WithName("getSnapshot")
            .WithSummary("Get a snapshot").WithDescription("One snapshot.").Produces<SnapshotView>().Produces(StatusCodes.Status304NotModified);
        snapshots.MapPatch("/{key}", UpdateSnapshot.Handle).Needs(Permission.SnapshotsWrite).WithName("updateSnapshot")
            .WithSummary("Change a snapshot's labels").WithDescription("A JSON Merge Patch (RFC 7396): a null removes a label, labels that are not named stay.")
            .Produces<SnapshotView>().Fails(412, 413, 415).Example("""{"labels": {"owner": "b", "old": null}}""");
        snapshots.MapDelete("/{key}", DeleteSnapshot.Handle).Needs(Permission.SnapshotsWrite).WithName("deleteSnapshot")
            .WithSummary("Remove a snapshot").WithDescription("Not one that others stand on, nor one that a container or a running task uses.")
            .Produces(StatusCodes.Status204NoContent).Fails(409, 412);
        snapshots.MapPost("/{key}/commit", CommitSnapshot.Handle).Needs(Permission.SnapshotsWrite).Validates<SnapshotCommitBody>().WithName("commitSnapshot")
            .WithSummary("Commit an active snapshot")
            .WithDescription("What it holds stands under the new name and does not change any more; its key goes. Not one that a container or a running task uses.")
            .Produces<MadeSnapshotView>(StatusCodes.Status201Created).Fails(409, 413, 415).Example("""{"name": "my-layer", "labels": {"owner": "ci"}}""");
        MapReading(snapshots);
    }

    private static void MapReading(RouteGroupBuilder snapshots)
    {
        snapshots.MapGet("/{key}/usage", GetSnapshotUsage.Handle).Needs(Permission.SnapshotsRead).WithName("getSnapshotUsage")
            .WithSummary("Get a snapshot's disk use").WithDescription("Its own, and with all it stands on. An active one is walked for it.").Produces<UsageView>();
        snapshots.MapGet("/{key}/mounts", GetSnapshotMounts.Handle).Needs(Permission.SnapshotsRead).WithName("getSnapshotMounts")
            .WithSummary("Get a snapshot's mounts").WithDescription("Of an active snapshot or a view. Paths of the host are among them only for callers with `node:read`.")
            .Produces<MountsView>().Fails(409);
        snapshots.MapPost("/{key}/diff", DiffSnapshot.Handle).Needs(Permission.SnapshotsWrite).Validates<DiffBody>().WithName("diffSnapshot")
            .WithSummary("Write a snapshot's changes as a layer")
            .WithDescription("Starts a job that writes what the snapshot changes, against its parent or another it stands on, to the content store. Result: the layer's descriptor, its `diffId`, and the lease that keeps it.")
            .Produces<JobView>().Produces<JobView>(StatusCodes.Status202Accepted).Fails(409, 413, 415, 422)
            .Example("""{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}""");
        snapshots.MapGet("/{key}/changes", ListSnapshotChanges.Handle).Needs(Permission.SnapshotsRead).WithName("listSnapshotChanges")
            .WithSummary("List what a snapshot changes")
            .WithDescription("One row a path that it adds, modifies or deletes against its parent, or against `base`, another snapshot it stands on; in the order of paths. `Accept: application/x-ndjson` streams all of them. Nothing is mounted: the snapshotter's folders are read, and 501 tells where that cannot be.")
            .Produces<Page<TreeChange>>(StatusCodes.Status200OK, "application/json", ListSnapshotChanges.Lines).Fails(406, 422);
        snapshots.MapGet("/{key}/files", GetSnapshotFiles.Handle).Needs(Permission.SnapshotsRead).WithName("getSnapshotFiles")
            .WithSummary("Browse a snapshot's files")
            .WithDescription("A folder's list, a file's bytes (with `Range`), or a folder as a tar with `Accept: application/x-tar`. Links are followed within the snapshot: its root is the root. Nothing is mounted: the snapshotter's folders are read, and 501 tells where that cannot be.")
            .Produces<Page<FileView>>(StatusCodes.Status200OK, "application/json", GetSnapshotFiles.Bytes, GetSnapshotFiles.Tar)
            .Produces<Stream>(StatusCodes.Status206PartialContent, GetSnapshotFiles.Bytes).Fails(406, 416, 422);
    }
}
