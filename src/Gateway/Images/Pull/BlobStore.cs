using Gateway.Containerd;
using Gateway.Containerd.Services.Content;
using Gateway.Oci;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace Gateway.Images.Pull;

/// <summary>Where the blobs of one pull go: a namespace, under the pull's lease, marked with the repository they came from.</summary>
internal sealed class BlobStore(NamespacedClient held, ImageReference reference)
{
    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>(StringComparer.Ordinal);

    // Host without port, as containerd writes it: the source of cross-repository mounts.
    private readonly string sourceLabel = LabelNames.DistributionSourcePrefix + reference.Domain.Split(':')[0];

    public NamespacedClient Client => held;

    /// <summary>Name of a blob's ingest. The same as Go's clients use, so that one of them and we can go on with each other's bytes.</summary>
    public static string IngestRef(Descriptor descriptor) => descriptor.MediaType switch
    {
        var type when MediaTypes.IsIndex(type) => "index-",
        var type when MediaTypes.IsManifest(type) => "manifest-",
        var type when MediaTypes.IsConfig(type) => "config-",
        _ => "layer-",
    } + descriptor.Digest;

    /// <summary>The blob's info once the lease holds it, or null where it must be fetched.</summary>
    public Task<Info?> FindAsync(Descriptor descriptor, CancellationToken cancel) =>
        held.FindAndHoldAsync(descriptor.Digest.ToString(), cancel);

    /// <summary>Opens or resumes the blob's ingest; null where the blob came some other way meanwhile.</summary>
    public Task<BlobWriter?> OpenAsync(Descriptor descriptor, CancellationToken cancel) =>
        BlobWriter.OpenAsync(held, IngestRef(descriptor), descriptor.Size, async stop => await FindAsync(descriptor, stop) is not null, cancel);

    /// <summary>Commits what the writer was given. Bytes that are not the descriptor's end in <see cref="OciFault.DigestMismatch"/>.</summary>
    public async Task CommitAsync(BlobWriter writer, Descriptor descriptor, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        Info? before;
        try
        {
            before = await writer.CommitAsync(descriptor.Digest.ToString(), WithSource(labels, existing: null), cancel);
        }
        catch (RpcException wrong) when (wrong.StatusCode is StatusCode.FailedPrecondition)
        {
            throw new OciException(OciFault.DigestMismatch, $"{descriptor.Digest}: the stored bytes are not those of the digest", wrong);
        }

        await LabelAsync(before, labels, cancel);
    }

    /// <summary>Adds labels to a blob that was here before; the daemon is only asked to write where something is missing.</summary>
    public async Task LabelAsync(Info? info, IReadOnlyDictionary<string, string> labels, CancellationToken cancel)
    {
        if (info is null)
        {
            return;
        }

        var missing = WithSource(labels, info.Labels)
            .Where(label => !info.Labels.TryGetValue(label.Key, out var value) || value != label.Value)
            .ToDictionary(StringComparer.Ordinal);
        await held.SetLabelsAsync(info.Digest, missing, cancel);
    }

    /// <summary>Marks a blob that now is in the repository: a later push to this registry can have it mounted from there.</summary>
    public Task MarkAsync(Info? info, CancellationToken cancel) => LabelAsync(info, NoLabels, cancel);

    private Dictionary<string, string> WithSource(IReadOnlyDictionary<string, string> labels, MapField<string, string>? existing)
    {
        var sources = existing is not null && existing.TryGetValue(sourceLabel, out var known) ? known.Split(',') : [];
        var value = string.Join(',', sources.Append(reference.Path).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        var all = labels.ToDictionary(StringComparer.Ordinal);
        // A blob of very many repositories keeps the sources it has: a label's bound is hard.
        all[sourceLabel] = sourceLabel.Length + value.Length <= LabelNames.MaxLabelBytes ? value : string.Join(',', sources);
        return all;
    }
}
