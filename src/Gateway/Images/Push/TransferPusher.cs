using System.Globalization;
using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Containerd.Types;
using Gateway.Http;
using Gateway.Images.Pull;
using Gateway.Images.Transfer;
using Gateway.Jobs;
using Gateway.Oci;
using Gateway.Oci.Registry;
using Grpc.Core;
using TransferStore = Gateway.Containerd.Types.Transfer.ImageStore;
using WirePlatform = Gateway.Containerd.Types.Platform;

namespace Gateway.Images.Push;

/// <summary>What a transfer is to send, walked and held.</summary>
internal sealed record TransferPush(ImageReference Target, RegistryCredentials? Credentials, PushPlan Plan, PushWork Work);

/// <summary>
/// The rest of a push by containerd's Transfer service. The daemon takes what a name stands for when it comes to it, so what is pushed gets a name of its own
/// for the time being. Steps, each safe to repeat: 1 ask what the target is now, which also judges where it is · 2 name what is pushed ·
/// 3 transfer · 4 mark the blobs with where they are now. Step 3 sends a layer that the gateway's engine leaves out as foreign, so such a layer must be here.
/// </summary>
internal sealed class TransferPusher(RegistryClient registries, TransferCall transfers)
{
    public async Task<PushResult> PushAsync(BlobStore store, TransferPush push, JobProgress progress, CancellationToken cancel)
    {
        var (held, target, plan) = (store.Client, push.Target, push.Plan);
        await RequireForeignAsync(store, push, cancel);
        var all = plan.Blobs.Concat(plan.Manifests).Concat(plan.Indexes).Append(plan.Top).DistinctBy(one => one.Digest).ToArray();
        var items = all.ToDictionary(
            one => one.Digest.ToString(), one => progress.Add(one.Digest.ToString(), one.MediaType, one.Size, unpacks: false), StringComparer.Ordinal);
        progress.Enter(JobPhase.Uploading);

        // 1
        var repository = registries.Open(target, push.Credentials);
        var before = await FindAsync(repository, cancel);

        // 2
        var name = NameOf(held.LeaseId!);
        await held.PutImageAsync(name, new ContentDescriptor { MediaType = plan.Top.MediaType, Digest = plan.Top.Digest.ToString(), Size = plan.Top.Size }, Labels(push.Work), cancel);

        // 3
        var source = new TransferStore { Name = name };
        source.Platforms.Add(push.Work.Platforms.Count is 0 ? [] : plan.Manifests.Select(manifest => manifest.Platform).OfType<Oci.Platform>().Select(Wire).Distinct());
        await transfers.PushAsync(held, source, new RegistryEnd(target.Name, repository, push.Credentials, $"cannot push to {target}"), new TransferItems(progress, items), cancel);

        // 4
        progress.Enter(JobPhase.Finalizing);
        foreach (var blob in plan.Blobs)
        {
            await store.MarkAsync(await store.FindAsync(blob, cancel), cancel);
        }

        await ForgetAsync(held, held.LeaseId!, cancel);
        var existed = items.Values.Where(item => item.State is ItemState.Exists).ToArray();
        var sent = items.Values.Except(existed).ToArray();
        return new PushResult(
            target.Name, plan.Top.Digest.ToString(), plan.Top.MediaType, plan.Top.Size, before != plan.Top.Digest,
            new PushedBlobs(sent.Length, sent.Sum(item => item.BytesTotal)), new PushedBlobs(0, 0), new PushedBlobs(existed.Length, existed.Sum(item => item.BytesTotal)));
    }

    /// <summary>Removes the name that a push was made under; one that is not there is as good.</summary>
    public static async Task ForgetAsync(NamespacedClient client, string leaseId, CancellationToken cancel)
    {
        try
        {
            await client.Images.DeleteAsync(new DeleteImageRequest { Name = NameOf(leaseId) }, cancellationToken: cancel);
        }
        catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
        {
            // Removed before, or never made.
        }
    }

    private static async Task RequireForeignAsync(BlobStore store, TransferPush push, CancellationToken cancel)
    {
        foreach (var layer in push.Plan.Foreign)
        {
            if (await store.FindAsync(layer, cancel) is null)
            {
                throw new ProblemException(
                    ProblemKinds.NotSupportedByTransfer, $"cannot push to {push.Target}: containerd's Transfer service leaves out no foreign layer, and {layer.Digest} is not here");
            }
        }
    }

    private static string NameOf(string leaseId) => $"push-{leaseId}";

    // Should all else fail, the daemon itself drops the name.
    private static Dictionary<string, string> Labels(PushWork work) => new(StringComparer.Ordinal)
    {
        [LabelNames.GcExpire] = (TimeProvider.System.GetUtcNow() + work.LeaseTerm).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    // Whoever may push need not be allowed to look: a refusal counts as "not there".
    private static async Task<Digest?> FindAsync(Repository repository, CancellationToken cancel)
    {
        try
        {
            return (await repository.ResolveAsync(cancel)).Digest;
        }
        catch (OciException absent) when (absent.Fault is OciFault.ImageNotFound or OciFault.RegistryUnauthorized or OciFault.RegistryForbidden)
        {
            return null;
        }
    }

    private static WirePlatform Wire(Oci.Platform platform) => new() { Os = platform.Os, Architecture = platform.Architecture, Variant = platform.Variant ?? "" };
}
