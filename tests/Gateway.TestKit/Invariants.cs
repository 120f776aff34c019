using System.Text.Json;

namespace Gateway.TestKit;

/// <summary>What must hold in a namespace when no work goes on in it.</summary>
public static class Invariants
{
    /// <summary>The violations; none when all is well. Forces a garbage collection first, so that what it would take is gone. Prints a line of JSON.</summary>
    /// <param name="daemon">May be shared with other namespaces' work unless <paramref name="traces"/> are given.</param>
    /// <param name="containerdNamespace">Where no work goes on.</param>
    /// <param name="snapshotter">What its images are unpacked to.</param>
    /// <param name="traces">Where nothing else works on the node: the store, the log and the daemon as a whole are looked at too.</param>
    public static async Task<IReadOnlyList<string>> CheckAsync(
        ContainerdPlace daemon, string containerdNamespace, string snapshotter = "overlayfs", NodeTraces? traces = null)
    {
        var violations = new List<string>();
        var records = daemon.RecordsOf(containerdNamespace);
        var leases = await records.LeasesAsync();
        // An answer whose length was told, as that of an export, is here a moment before its lease is given up.
        for (var tries = 0; tries < 20 && leases.Any(IsOfGateway); tries++)
        {
            await Task.Delay(100);
            leases = await records.LeasesAsync();
        }

        violations.AddRange(leases.Select(lease => $"lease {lease.Id} is left").Concat(FaultsOfLeases(leases)));
        violations.AddRange((await records.IngestsAsync()).Select(ingest => $"ingest {ingest} is left"));
        var snapshots = await records.SnapshotsAsync(snapshotter);
        violations.AddRange(snapshots.Where(snapshot => snapshot.Kind is not "Committed").Select(snapshot => $"snapshot {snapshot.Key} is {snapshot.Kind}"));
        violations.AddRange(snapshots.Where(snapshot => snapshot.Parent.Length > 0 && !snapshots.Any(other => other.Key == snapshot.Parent))
            .Select(snapshot => $"snapshot {snapshot.Key} has the parent {snapshot.Parent}, which is not there"));

        await daemon.Ctr.CollectAsync(containerdNamespace);
        violations.AddRange(await ImageClosure.ViolationsAsync(daemon, containerdNamespace, snapshotter));
        violations.AddRange(IngestsOnDisk(daemon, containerdNamespace));
        if (traces is not null)
        {
            violations.AddRange(await DaemonInvariants.ViolationsAsync(daemon, snapshotter));
            violations.AddRange(StoreInvariants.Violations(traces, containerdNamespace));
            violations.AddRange((traces.Footprints ?? new Dictionary<int, Footprint>()).SelectMany(footprint => footprint.Value.GrowthOf(footprint.Key)));
        }

        Console.WriteLine(JsonSerializer.Serialize(new { check = "invariants", containerd = daemon.Address, @namespace = containerdNamespace, snapshotter, violations }));
        return violations;
    }

    /// <summary>
    /// What must hold at every moment, also while work goes on or has just been killed: an image that is seen is whole, and a lease says whose it is and when it ends.
    /// </summary>
    public static async Task<IReadOnlyList<string>> CheckMomentAsync(ContainerdPlace daemon, string containerdNamespace)
    {
        var faults = await ImageClosure.FaultsAsync(daemon, containerdNamespace, await daemon.RecordsOf(containerdNamespace).ImagesAsync());
        return [.. faults, .. FaultsOfLeases(await daemon.RecordsOf(containerdNamespace).LeasesAsync())];
    }

    // The gateway's own; callers name theirs as they like.
    private static IEnumerable<string> FaultsOfLeases((string Id, IReadOnlyDictionary<string, string> Labels)[] leases) =>
        from lease in leases
        where IsOfGateway(lease)
        from label in new[] { "gateway/", "containerd.io/gc.expire=" } // whose it is, and when the daemon may drop it should that one never come back
        where !lease.Labels.Keys.Any(key => $"{key}=".StartsWith(label, StringComparison.Ordinal))
        select $"lease {lease.Id} has no label {label}";

    private static bool IsOfGateway((string Id, IReadOnlyDictionary<string, string> Labels) lease) => lease.Id.StartsWith("gw-", StringComparison.Ordinal);

    // An ingest's folder outlives its record when a daemon is killed between the two.
    private static IEnumerable<string> IngestsOnDisk(ContainerdPlace daemon, string containerdNamespace)
    {
        var ingests = new DirectoryInfo(Path.Combine(daemon.ContentStore, "ingest")); // made with the first
        foreach (var folder in ingests.Exists ? Directory.EnumerateDirectories(ingests.FullName) : [])
        {
            string owner;
            try
            {
                owner = File.ReadAllText(Path.Combine(folder, "ref"));
            }
            catch (IOException)
            {
                continue; // another test's, which ended meanwhile
            }

            if (owner.StartsWith(containerdNamespace + "/", StringComparison.Ordinal))
            {
                yield return $"the data of an ingest of {containerdNamespace} is left on disk";
            }
        }
    }
}
