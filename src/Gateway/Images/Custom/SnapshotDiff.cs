using Gateway.Containerd;
using Gateway.Containerd.Services.Diff;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Containerd.Types;
using Gateway.Images.Pull;
using Gateway.Oci;
using Gateway.Oci.Writing;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Gateway.Images.Custom;

/// <summary>Writes what an active snapshot has changed against its parent as a layer into the content store.</summary>
internal static class SnapshotDiff
{
    /// <summary>The layer; null where nothing has changed. What an attempt before left under the same names is begun anew.</summary>
    public static async Task<NewLayer?> WriteAsync(NamespacedClient held, CommitWork work, string manifestType, CancellationToken cancel)
    {
        await held.FindAndHoldSnapshotAsync(work.Snapshotter, work.Snapshot, cancel);
        var parent = await CommitSource.RequireParentAsync(held, work.Snapshotter, work.Snapshot, cancel);
        // Found by the clean-up of the lease, as an unfinished unpacking would be.
        var view = $"{Unpacker.KeyPrefix}{held.LeaseId} view";
        await held.RemoveSnapshotAsync(work.Snapshotter, view, cancel);
        var request = new DiffRequest
        {
            MediaType = work.MediaType,
            Ref = $"commit-{held.LeaseId}",
            SourceDateEpoch = work.IsDated ? work.Created.ToTimestamp() : null,
        };
        request.Left.Add(parent.Length is 0 ? [] : await held.ViewSnapshotAsync(new ViewSnapshotRequest { Snapshotter = work.Snapshotter, Key = view, Parent = parent }, cancel));
        request.Right.Add((await held.Snapshots.MountsAsync(new MountsRequest { Snapshotter = work.Snapshotter, Key = work.Snapshot }, cancellationToken: cancel)).Mounts);
        var layer = (await held.Diff.DiffAsync(request, cancellationToken: cancel)).Diff;
        await held.RemoveSnapshotAsync(work.Snapshotter, view, cancel);
        return await LayerOfAsync(held, layer, work.MediaType, manifestType, cancel);
    }

    // A compressed layer is labelled with the digest of its tar. The unpacking that follows proves it: on a blob that was here before, anybody may have set it.
    private static async Task<NewLayer?> LayerOfAsync(NamespacedClient held, ContentDescriptor layer, string mediaType, string manifestType, CancellationToken cancel)
    {
        var info = await held.FindAndHoldAsync(layer.Digest, cancel) ?? throw RequiredContent.Missing([layer.Digest]);
        var compression = LayerTypes.CompressionOf(mediaType)!.Value;
        var text = compression is BlobCompression.None ? layer.Digest : info.Labels.GetValueOrDefault(LabelNames.Uncompressed);
        if (!Digest.TryParse(text, out var diffId))
        {
            throw new RpcException(new Status(StatusCode.DataLoss, $"containerd did not tell the diff id of {layer.Digest}"));
        }

        var descriptor = new Descriptor { MediaType = LayerTypes.MediaTypeOf(compression, manifestType), Digest = Digest.Parse(layer.Digest), Size = layer.Size };
        return diffId == LayerReader.EmptyDiffId ? null : new NewLayer(descriptor, diffId);
    }
}
