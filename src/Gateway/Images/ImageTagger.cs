using System.Security.Cryptography;
using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Http;

namespace Gateway.Images;

/// <summary>Writes a record for an image that is here, so that it never names what the garbage collector takes meanwhile.</summary>
internal sealed class ImageTagger(ContainerdClient containerd, RecordLocks records, TimeProvider time)
{
    // A source that moves faster than it can be held is somebody's loop.
    private const int Attempts = 10;

    private const string Label = "gateway/tag";

    /// <summary>Many times what tagging takes; after it the daemon drops the lease of a gateway that died.</summary>
    private static readonly TimeSpan LeaseTerm = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan DropLimit = TimeSpan.FromSeconds(10);

    /// <summary>The target's record, and whether it was made or moved.</summary>
    public async Task<(Image Image, bool Changed)> TagAsync(string containerdNamespace, string source, string target, bool force, CancellationToken cancel)
    {
        using var writing = await records.EnterAsync(containerdNamespace, target, cancel);
        // Before the lease, which would make a namespace that is not there.
        var image = await ImageNames.RequireAsync(containerd.In(containerdNamespace), source, cancel);
        var leaseId = "gw-tag-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        try
        {
            var labels = new Dictionary<string, string>(StringComparer.Ordinal) { [Label] = target };
            var held = await containerd.HoldLeaseAsync(containerdNamespace, leaseId, time.GetUtcNow() + LeaseTerm, labels, cancel);
            return await WriteAsync(held, await HoldAsync(held, image, cancel), target, force, cancel);
        }
        finally
        {
            using var limit = new CancellationTokenSource(DropLimit, time);
            await containerd.In(containerdNamespace).DropLeaseAsync(leaseId, sync: false, limit.Token);
        }
    }

    /// <summary>The source's record as it stands while the lease holds its content.</summary>
    private static async Task<Image> HoldAsync(NamespacedClient held, Image image, CancellationToken cancel)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await held.FindAndHoldAsync(image.Target.Digest, cancel) is null)
            {
                throw new ProblemException(ProblemKinds.ContentMissing, $"'{image.Name}' cannot be tagged: {image.Target.Digest} is not in the content store");
            }

            // Seen again with the same target after the hold: all that the target leads to was reachable then, and the lease keeps it so.
            var again = await held.FindImageAsync(image.Name, cancel)
                ?? throw new ProblemException(ProblemKinds.ImageNotFound, $"'{image.Name}' was deleted meanwhile");
            if (again.Target.Digest == image.Target.Digest)
            {
                return again;
            }

            image = again;
        }

        throw new ProblemException(ProblemKinds.Conflict, $"'{image.Name}' is moved again and again");
    }

    private static async Task<(Image Image, bool Changed)> WriteAsync(NamespacedClient held, Image source, string name, bool force, CancellationToken cancel)
    {
        var labels = source.Labels.Where(label => !LabelNames.IsReserved(label.Key)).ToDictionary(StringComparer.Ordinal);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await held.FindImageAsync(name, cancel) is not { } existing)
            {
                if (await held.CreateImageAsync(name, source.Target, labels, cancel) is { } created)
                {
                    return (created, true);
                }
            }
            else if (existing.Target.Digest == source.Target.Digest)
            {
                return (existing, false);
            }
            else if (await MoveAsync(held, existing, source, force, cancel) is { } moved)
            {
                return (moved, true);
            }
        }

        throw new ProblemException(ProblemKinds.Conflict, $"'{name}' comes and goes");
    }

    // A name that is moved keeps its own labels.
    private static Task<Image?> MoveAsync(NamespacedClient held, Image existing, Image source, bool force, CancellationToken cancel)
    {
        if (!force)
        {
            throw new ProblemException(ProblemKinds.Conflict, $"'{existing.Name}' stands for another image, {existing.Target.Digest}; `force` moves it");
        }

        ImagePins.RequireUnpinned(existing);
        return held.UpdateImageAsync(existing.Name, source.Target, moves: true, new Dictionary<string, string>(StringComparer.Ordinal), cancel);
    }
}
