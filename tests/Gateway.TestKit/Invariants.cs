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
        var ctr = daemon.Ctr;
        violations.AddRange((await ctr.LeasesAsync(containerdNamespace)).Select(lease => $"lease {lease} is left"));
        violations.AddRange((await ctr.IngestRefsAsync(containerdNamespace)).Select(ingest => $"ingest {ingest} is left"));
        violations.AddRange((await ctr.SnapshotsAsync(containerdNamespace, snapshotter))
            .Where(snapshot => snapshot.Kind is not "Committed").Select(snapshot => $"snapshot {snapshot.Key} is {snapshot.Kind}"));

        await ctr.CollectAsync(containerdNamespace);
        violations.AddRange(await ImageClosure.ViolationsAsync(daemon, containerdNamespace, snapshotter));
        violations.AddRange(IngestsOnDisk(daemon, containerdNamespace));
        if (traces is not null)
        {
            violations.AddRange(await DaemonInvariants.ViolationsAsync(daemon, snapshotter));
            violations.AddRange(StoreInvariants.Violations(traces, containerdNamespace));
        }

        Console.WriteLine(JsonSerializer.Serialize(new { check = "invariants", containerd = daemon.Address, @namespace = containerdNamespace, snapshotter, violations }));
        return violations;
    }

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
