using System.Runtime.CompilerServices;
using Gateway.Containerd;
using Gateway.Containerd.Services.Snapshots;
using Gateway.Http;

namespace Gateway.Snapshots;

/// <summary>The snapshots one stands on.</summary>
internal static class SnapshotChain
{
    // Far more than a file system can stack; containerd makes no circles.
    private const int MaxLength = 1024;

    /// <summary>Its parents, the nearest first.</summary>
    public static async IAsyncEnumerable<Info> ParentsAsync(
        NamespacedClient client, string snapshotter, Info snapshot, [EnumeratorCancellation] CancellationToken cancel)
    {
        var current = snapshot;
        for (var length = 0; current.Parent.Length > 0; length++)
        {
            if (length == MaxLength)
            {
                throw new ProblemException(ProblemKinds.TreeTooLarge, $"'{snapshot.Name}' stands on more than {MaxLength} snapshots");
            }

            current = await client.RequireSnapshotAsync(snapshotter, current.Parent, cancel);
            yield return current;
        }
    }

    /// <summary>What a snapshot is compared with: the named one of its chain, or its parent. Empty where it stands on none.</summary>
    public static async Task<string> BaseAsync(NamespacedClient client, string snapshotter, Info snapshot, string? named, CancellationToken cancel)
    {
        if (named is null || named == snapshot.Parent)
        {
            return snapshot.Parent;
        }

        await client.RequireSnapshotAsync(snapshotter, named, cancel);
        await foreach (var parent in ParentsAsync(client, snapshotter, snapshot, cancel))
        {
            if (parent.Name == named)
            {
                return named;
            }
        }

        throw new ProblemException(ProblemKinds.SnapshotNotInChain, $"'{snapshot.Name}' does not stand on '{named}'");
    }
}
