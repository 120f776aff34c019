using Gateway.Containerd;
using Gateway.Containerd.Services.Diff;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Containerd.Types;
using Gateway.Http;
using Gateway.Jobs;
using Gateway.Oci;
using Grpc.Core;

namespace Gateway.Images.Pull;

/// <summary>A layer on its way: its descriptor, its download, and where its progress is told.</summary>
internal sealed record LayerWork(Descriptor Layer, Task Fetched, ProgressItem Item);

/// <summary>Unpacks layers into a chain of committed snapshots, each as soon as it and its parent are there.</summary>
internal sealed class Unpacker(PullGates gates)
{
    // A key can only be taken by an earlier attempt of the same job, so the second try finds it free.
    private const int PrepareAttempts = 3;

    /// <summary>Prefix of the keys of unfinished snapshots; the lease's name follows.</summary>
    public const string KeyPrefix = "extract-";

    public async Task UnpackAsync(
        NamespacedClient held, string snapshotter, Descriptor config, IReadOnlyList<Digest> diffIds, IReadOnlyList<LayerWork> layers, CancellationToken cancel)
    {
        var chain = ChainId.Of(diffIds);
        var labels = new List<Task>();
        for (var i = 0; i < layers.Count; i++)
        {
            await layers[i].Fetched.WaitAsync(cancel);
            await UnpackLayerAsync(held, snapshotter, layers[i], diffIds[i], i is 0 ? "" : chain[i - 1].ToString(), chain[i], cancel);
            // Not on the way of the next layer: the apply has proven the diff id, the label only tells others.
            labels.Add(held.SetLabelsAsync(layers[i].Layer.Digest.ToString(), One(LabelNames.Uncompressed, diffIds[i].ToString()), cancel));
        }

        await Task.WhenAll(labels);
        if (chain.Count > 0)
        {
            // From here on the config keeps the chain alive.
            await held.SetLabelsAsync(config.Digest.ToString(), One(LabelNames.GcRefSnapshotPrefix + snapshotter, chain[^1].ToString()), cancel);
        }
    }

    private async Task UnpackLayerAsync(
        NamespacedClient held, string snapshotter, LayerWork work, Digest diffId, string parent, Digest chainId, CancellationToken cancel)
    {
        using var link = await gates.ChainAsync(held.Namespace, snapshotter, chainId, cancel);
        if (!await held.FindAndHoldSnapshotAsync(snapshotter, chainId.ToString(), cancel))
        {
            work.Item.State = ItemState.Unpacking;
            await ApplyAsync(held, snapshotter, work.Layer, diffId, parent, chainId, cancel);
        }

        work.Item.State = ItemState.Done;
    }

    private static async Task ApplyAsync(
        NamespacedClient held, string snapshotter, Descriptor layer, Digest diffId, string parent, Digest chainId, CancellationToken cancel)
    {
        var key = $"{KeyPrefix}{held.LeaseId} {chainId}";
        var mounts = await PrepareAsync(held, snapshotter, key, parent, chainId, cancel);
        if (mounts is null)
        {
            return;
        }

        var applied = await ApplyToMountsAsync(held, layer, mounts, cancel);
        if (applied != diffId.ToString())
        {
            await held.RemoveSnapshotAsync(snapshotter, key, cancel);
            throw new ProblemException(ProblemKinds.UnpackFailed, $"layer {layer.Digest} unpacks to {applied}, but the config names {diffId}");
        }

        try
        {
            var commit = new CommitSnapshotRequest { Snapshotter = snapshotter, Name = chainId.ToString(), Key = key };
            commit.Labels[LabelNames.SnapshotRef] = chainId.ToString();
            await held.Snapshots.CommitAsync(commit, cancellationToken: cancel);
        }
        catch (RpcException first) when (first.StatusCode is StatusCode.AlreadyExists)
        {
            // A client outside this process was first; its chain is as good.
            await held.RemoveSnapshotAsync(snapshotter, key, cancel);
            await held.FindAndHoldSnapshotAsync(snapshotter, chainId.ToString(), cancel);
        }
    }

    // Null where the committed snapshot is there after all: a remote snapshotter had it, or another client was first.
    private static async Task<IReadOnlyList<Mount>?> PrepareAsync(
        NamespacedClient held, string snapshotter, string key, string parent, Digest chainId, CancellationToken cancel)
    {
        // Annotations of the layer's descriptor are not handed on: they are a stranger's, and make remote snapshotters fetch.
        var prepare = new PrepareSnapshotRequest { Snapshotter = snapshotter, Key = key, Parent = parent };
        prepare.Labels[LabelNames.SnapshotRef] = chainId.ToString();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await held.PrepareSnapshotAsync(prepare, cancel);
            }
            catch (RpcException taken) when (taken.StatusCode is StatusCode.AlreadyExists && attempt < PrepareAttempts)
            {
                if (await held.FindAndHoldSnapshotAsync(snapshotter, chainId.ToString(), cancel))
                {
                    return null;
                }

                // An earlier attempt of this job died between prepare and commit; what it half unpacked is of no use.
                await held.RemoveSnapshotAsync(snapshotter, key, cancel);
            }
        }
    }

    private static async Task<string> ApplyToMountsAsync(NamespacedClient held, Descriptor layer, IReadOnlyList<Mount> mounts, CancellationToken cancel)
    {
        var request = new ApplyRequest
        {
            Diff = new ContentDescriptor { MediaType = layer.MediaType, Digest = layer.Digest.ToString(), Size = layer.Size },
        };
        request.Mounts.Add(mounts);
        try
        {
            return (await held.Diff.ApplyAsync(request, cancellationToken: cancel)).Applied.Digest;
        }
        catch (RpcException failed) when (failed.StatusCode is StatusCode.Unknown or StatusCode.Internal or StatusCode.InvalidArgument or StatusCode.DataLoss
            && !ProblemTable.IsDiskFull(failed))
        {
            throw new ProblemException(ProblemKinds.UnpackFailed, $"containerd could not apply layer {layer.Digest} ({layer.MediaType})", failed);
        }
    }

    private static Dictionary<string, string> One(string key, string value) => new(StringComparer.Ordinal) { [key] = value };
}
