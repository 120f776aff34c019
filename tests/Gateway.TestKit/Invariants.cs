namespace Gateway.TestKit;

/// <summary>What must hold in a namespace when no work goes on in it.</summary>
public static class Invariants
{
    /// <summary>The violations; none when all is well. Forces a garbage collection first, so that what it would take is gone.</summary>
    public static async Task<IReadOnlyList<string>> CheckAsync(ContainerdDaemon daemon, string containerdNamespace, string snapshotter = "overlayfs")
    {
        var violations = new List<string>();
        var ctr = daemon.Ctr;
        violations.AddRange((await ctr.LeasesAsync(containerdNamespace)).Select(lease => $"lease {lease} is left"));
        violations.AddRange((await ctr.IngestsAsync(containerdNamespace)).Select(ingest => $"ingest {ingest} is left"));
        violations.AddRange((await ctr.SnapshotsAsync(containerdNamespace, snapshotter))
            .Where(snapshot => snapshot.Kind is not "Committed").Select(snapshot => $"snapshot {snapshot.Key} is {snapshot.Kind}"));

        await ctr.CollectAsync(containerdNamespace);
        foreach (var name in await ctr.ImagesAsync(containerdNamespace))
        {
            var row = await ctr.CheckAsync(containerdNamespace, name, snapshotter);
            if (!row.Contains("complete", StringComparison.Ordinal) || row.Contains("incomplete", StringComparison.Ordinal))
            {
                violations.Add($"image {row}");
            }
        }

        if ((await ctr.ImagesAsync(containerdNamespace)).Length is 0)
        {
            violations.AddRange((await ctr.BlobsAsync(containerdNamespace)).Select(blob => $"blob {blob} is left though there is no image"));
            violations.AddRange((await ctr.SnapshotsAsync(containerdNamespace, snapshotter)).Select(snapshot => $"snapshot {snapshot.Key} is left though there is no image"));
        }

        foreach (var data in Directory.EnumerateDirectories(Path.Combine(daemon.Root, "io.containerd.content.v1.content", "ingest")))
        {
            // Of other tests' namespaces some go while this one looks.
            var reference = Path.Combine(data, "ref");
            if (File.Exists(reference) && await ReadAsync(reference) is { } text && text.StartsWith(containerdNamespace + "/", StringComparison.Ordinal))
            {
                violations.Add($"the data of an ingest of {containerdNamespace} is left on disk");
            }
        }

        return violations;
    }

    private static async Task<string?> ReadAsync(string file)
    {
        try
        {
            return await File.ReadAllTextAsync(file);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
