using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Gateway.TestKit;

namespace Gateway.ContainerdTests.Survival;

/// <summary>One piece of work during which something fails, from its request to the proof that all is as if nothing had.</summary>
internal sealed class Trial(FaultNode node, Workload work)
{
    /// <summary>Where the work is done.</summary>
    public const string Namespace = "faults";

    private static readonly string[] Final = ["succeeded", "failed", "canceled"];

    /// <summary>A clean-up that could not reach its daemon is done again by the sweeper, once a minute.</summary>
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(75);

    private static int trials;

    private readonly string key = $"{work.Kind.Split('.')[1]}-{Interlocked.Increment(ref trials)}";
    private readonly Stopwatch sinceCancel = new();
    private string[] before = [];
    private int seenBefore;
    private int daemon;
    private string lastLines = "";

    public string JobId { get; private set; } = "";

    /// <summary>From the request to cancel to the job's end.</summary>
    public TimeSpan CanceledIn => sinceCancel.Elapsed;

    /// <summary>Does the work while the script is armed; gives the job's end.</summary>
    /// <param name="script">See <see cref="FaultNode.Arm"/>.</param>
    /// <param name="together">Whether a daemon that dies takes the gateway with it.</param>
    /// <param name="cancelAt">A place; the job is canceled when it is passed.</param>
    public async Task<JsonObject> RunAsync(string? script, bool together = false, string? cancelAt = null)
    {
        await work.PrepareAsync(node, Namespace, key);
        (seenBefore, daemon) = (node.Images.Seen, node.Containerd.Id);
        before = await JobsAsync();
        node.ForgetTrace();
        node.Arm(script);
        using var ended = new CancellationTokenSource();
        var canceling = cancelAt is null ? Task.CompletedTask : CancelAtAsync(cancelAt, ended.Token);
        JobId = await SubmitAsync(together);
        var job = await EndAsync(together);
        sinceCancel.Stop();
        await ended.CancelAsync();
        await canceling;
        await Task.Delay(20); // a place behind the job's end is about to be passed
        node.Arm(null);
        lastLines = LastLines;
        await ReviveAsync(together);
        return job;
    }

    /// <summary>The work was done, once, and nothing but its outcome is there.</summary>
    public async Task SucceededAsync(JsonObject job)
    {
        Assert.True((string?)job["state"] is "succeeded", job.ToJsonString() + lastLines);
        Assert.Equal(100, (int)job["progress"]!["percent"]!);
        await work.VerifyAsync(node, Namespace, key);
        var makesRecord = work.Kind is not ("image.push" or "image.prune") && node.Containerd.Id == daemon; // one that died may not have told
        await Wait.UntilAsync(() => node.Images.Seen > seenBefore || !makesRecord, "its image was seen as it was made");
        await IsCleanAsync();
        node.IsAsUndisturbed(work, await LabelsAsync());
        await RemoveImagesAsync();
    }

    /// <summary>The work was not done, and nothing of it is there.</summary>
    private async Task CameToNothingAsync()
    {
        await work.DropPreparedAsync(node, Namespace);
        await IsCleanAsync();
        await RemoveImagesAsync();
    }

    /// <summary>It has succeeded, or come to nothing by an end that is right too; and all is as it must be then.</summary>
    /// <param name="job">At its end.</param>
    /// <param name="what">Was done to it.</param>
    /// <param name="others">States, and codes of failures.</param>
    public async Task EndsAsync(JsonObject job, string what, params string[] others)
    {
        if ((string?)job["state"] is "succeeded")
        {
            await SucceededAsync(job);
            return;
        }

        Assert.True(others.Contains((string?)job["error"]?["code"] ?? (string?)job["state"]), $"{what}: {job.ToJsonString()}{lastLines}");
        await CameToNothingAsync();
    }

    // One job, one end, and every invariant holds.
    private async Task IsCleanAsync()
    {
        Assert.Equal([JobId], (await JobsAsync()).Except(before));
        Assert.Empty(await node.Images.FaultsAsync());
        if (node.Deaths.Containerd > 0)
        {
            await node.CollectSnapshotsAsync();
        }

        var traces = new NodeTraces(Path.Combine(node.Gateway.Folder, "jobs.db"), [FaultNode.Password], node.Gateway.Log, Footprints: node.Footprints);
        var waited = Stopwatch.StartNew();
        IReadOnlyList<string> violations;
        while ((violations = await Invariants.CheckAsync(node.Containerd, Namespace, traces: traces)).Count > 0 && waited.Elapsed < SettlingTime)
        {
            await Task.Delay(500);
        }

        Assert.True(violations.Count is 0, $"{key}: {string.Join("; ", violations)}\n{LastLines}");
        await node.WeighAsync();
    }

    private async Task RemoveImagesAsync()
    {
        if (await Records.ImagesAsync() is { Length: > 0 } images)
        {
            await node.Ctr.RunAsync(Namespace, ["images", "rm", "--sync", .. images.Select(image => image.Name)]);
        }
    }

    // Names only: digests in the values differ with the time of a commit, and what they lead to is among the invariants.
    private async Task<string> LabelsAsync()
    {
        var (blobs, snapshots) = ((await Records.BlobsAsync()).Values, (await Records.SnapshotsAsync()).Select(snapshot => snapshot.Labels));
        return string.Join('\n', [.. Lines(blobs), "snapshots:", .. Lines(snapshots)]);

        static IEnumerable<string> Lines(IEnumerable<IReadOnlyDictionary<string, string>> all) =>
            all.Select(labels => string.Join(' ', labels.Keys.Order(StringComparer.Ordinal))).Order(StringComparer.Ordinal);
    }

    private RawRecords Records => node.Containerd.RecordsOf(Namespace);

    // The newest thousand: a page is enough to hold what one trial could have made too much.
    private async Task<string[]> JobsAsync() =>
        [.. (await node.Api.GetAsync($"/v1/jobs?namespace={Namespace}&kind={work.Kind}&pageSize=1000")).Json["items"]!.AsArray().Select(job => (string)job!["id"]!)];

    private string LastLines => string.Join('\n', node.Gateway.Log.Split('\n').TakeLast(20));

    private async Task<string> SubmitAsync(bool together)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                var answer = await work.SubmitAsync(node, Namespace, key);
                if ((int)answer.Status is 202)
                {
                    return (string)answer.Json["id"]!;
                }

                Assert.True((int)answer.Status is 409 or 503 or 507 or 502 && tries < 100, answer.Text + LastLines);
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or SocketException)
            {
                await node.Gateway.HasEndedAsync();
            }

            await Task.Delay(100);
            await ReviveAsync(together);
        }
    }

    private async Task<JsonObject> EndAsync(bool together)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < TimeSpan.FromMinutes(2))
        {
            try
            {
                var answer = await node.Api.GetAsync($"/v1/jobs/{JobId}?wait=1s");
                if ((int)answer.Status is 200 && Final.Contains((string?)answer.Json["state"]))
                {
                    return answer.Json;
                }
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or SocketException)
            {
                await node.Gateway.HasEndedAsync();
            }

            await ReviveAsync(together);
        }

        throw new TimeoutException($"job {JobId} does not end\n{LastLines}");
    }

    // It is looked at what a death has left before its successor can mend it, but for what the gateway does beside a daemon that comes back.
    private async Task ReviveAsync(bool together)
    {
        var (daemonDied, gatewayDied) = (node.Containerd.HasExited, node.Gateway.HasExited);
        if (gatewayDied && !daemonDied)
        {
            Assert.Empty(await Invariants.CheckMomentAsync(node.Containerd, Namespace));
        }

        await node.ReviveAsync(together);
        if (daemonDied)
        {
            Assert.Empty(await Invariants.CheckMomentAsync(node.Containerd, Namespace));
        }
    }

    private async Task CancelAtAsync(string place, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            if (JobId.Length > 0 && node.Trace.Contains(place))
            {
                sinceCancel.Start();
                try
                {
                    await node.Api.PostAsync($"/v1/jobs/{JobId}/cancel");
                }
                catch (Exception broken) when (broken is HttpRequestException or IOException or SocketException)
                {
                    // Killed over it: nobody knows whether it was taken, and either end is right.
                    await node.Gateway.HasEndedAsync();
                }

                return;
            }

            await Task.Delay(5, CancellationToken.None);
        }
    }
}
