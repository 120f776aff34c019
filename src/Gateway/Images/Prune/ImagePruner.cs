using Gateway.Containerd;
using Gateway.Containerd.Services.Images;
using Gateway.Images.Pull;
using Gateway.Jobs;

namespace Gateway.Images.Prune;

/// <summary>
/// Removes images that nothing needs. Steps: 1 read what there is and what it leads to · 2 choose · 3 leave what something needs · 4 measure
/// what would go · 5 remove record by record, each looked at once more under its lock · 6 have the daemon collect · 7 count what is gone.
/// </summary>
internal sealed class ImagePruner(ContainerdClient containerd, PullLease lease, RecordLocks records, JobQueries jobs, TimeProvider time)
{
    /// <summary>More than the longest collection takes.</summary>
    private static readonly TimeSpan LeaseTerm = TimeSpan.FromHours(2);

    public async Task<PruneResult> PruneAsync(string containerdNamespace, PruneWork work, string leaseId, CancellationToken cancel)
    {
        // 1
        var client = containerd.In(containerdNamespace);
        var matching = await MatchingAsync(client, work.Filter, cancel);
        var graph = await client.ReadGraphAsync(await containerd.SnapshottersAsync(cancel), cancel);
        var needs = new PruneNeeds(graph, jobs.Unfinished(containerdNamespace));

        // 2 and 3
        var chosen = PruneChoice.Of(containerdNamespace, graph.Images, matching, time.GetUtcNow() - work.OlderThan, work.Unused)
            .Select(unit => (Unit: unit, Keep: needs.ReasonToKeep(unit.Family))).ToArray();
        var kept = chosen.Where(choice => choice.Keep is not null).SelectMany(choice => Kept(choice.Unit, choice.Keep!.Value)).ToList();
        var going = chosen.Where(choice => choice.Keep is null).Select(choice => choice.Unit).ToList();

        // 4
        var bytes = await PruneBytes.MeasureAsync(client, graph, going, cancel);
        if (work.DryRun)
        {
            return PruneResult.Of(dryRun: true, going.SelectMany(Pruned), kept, bytes.Total);
        }

        // 5
        var gone = new List<PruneUnit>();
        foreach (var unit in going)
        {
            var reason = await RemoveAsync(client, unit, cancel);
            if (reason is null)
            {
                gone.Add(unit);
            }
            else
            {
                kept.AddRange(Kept(unit, reason.Value));
            }
        }

        // 6 and 7
        if (gone.Count > 0)
        {
            await CollectAsync(containerdNamespace, leaseId, cancel);
        }

        return PruneResult.Of(dryRun: false, gone.SelectMany(Pruned), kept, await bytes.FreedAsync(client, graph, gone, cancel));
    }

    private static async Task<HashSet<string>?> MatchingAsync(NamespacedClient client, IReadOnlyList<string> filter, CancellationToken cancel)
    {
        if (filter.Count is 0)
        {
            return null;
        }

        var answer = await client.Images.ListAsync(new ListImagesRequest { Filters = { filter } }, cancellationToken: cancel);
        return answer.Images.Select(image => image.Name).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// Removes the unit's records, or tells why not. Meanwhile a pull may have written one anew, a job or a container may have come: all are asked
    /// again. Under the locks no writer of this process comes between the asking and the removal.
    /// </summary>
    private async Task<KeepReason?> RemoveAsync(NamespacedClient client, PruneUnit unit, CancellationToken cancel)
    {
        var locks = new Stack<IDisposable>();
        try
        {
            // In one order for all who take several.
            foreach (var record in unit.Records.OrderBy(record => record.Name, StringComparer.Ordinal))
            {
                locks.Push(await records.EnterAsync(client.Namespace, record.Name, cancel));
            }

            if (await ReasonNowAsync(client, unit, cancel) is { } reason)
            {
                return reason;
            }

            foreach (var record in unit.Records)
            {
                await client.DeleteImageAsync(record.Name, sync: false, cancel);
            }

            return null;
        }
        finally
        {
            while (locks.TryPop(out var held))
            {
                held.Dispose();
            }
        }
    }

    private async Task<KeepReason?> ReasonNowAsync(NamespacedClient client, PruneUnit unit, CancellationToken cancel)
    {
        foreach (var record in unit.Records)
        {
            // One that another client deleted is gone, which is what was wanted.
            if (await client.FindImageAsync(record.Name, cancel) is { } now && !now.Equals(record))
            {
                return KeepReason.Changed;
            }
        }

        var texts = PruneNeeds.TextsOf(jobs.Unfinished(client.Namespace));
        if (unit.Family.Any(image => PruneNeeds.IsNamed(image, texts)))
        {
            return KeepReason.NeededByJob;
        }

        var users = await client.ContainersAsync([.. unit.Family.Select(image => ContainerStore.EqualsFilter("image", image.Name))], cancel);
        return users.Count > 0 ? KeepReason.UsedByContainer : null;
    }

    // A lease that is dropped with `sync` is the daemon's only way to ask for a collection and wait for it.
    private async Task CollectAsync(string containerdNamespace, string leaseId, CancellationToken cancel)
    {
        var held = await lease.HoldAsync(containerdNamespace, leaseId, time.GetUtcNow() + LeaseTerm, cancel);
        await held.DropLeaseAsync(leaseId, sync: true, cancel);
    }

    private static IEnumerable<PrunedImage> Pruned(PruneUnit unit) => unit.Records.Select(record =>
        new PrunedImage(record.Name, record.Target.Digest, ImageView.From(record).CreatedAt, unit.Reason));

    private static IEnumerable<KeptImage> Kept(PruneUnit unit, KeepReason reason) =>
        unit.Records.Select(record => new KeptImage(record.Name, record.Target.Digest, reason));
}
