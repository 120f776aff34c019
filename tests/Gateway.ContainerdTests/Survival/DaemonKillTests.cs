namespace Gateway.ContainerdTests.Survival;

/// <summary>kill -9 of containerd at the places where it is asked for something, of it alone and of both.</summary>
public sealed class DaemonKillTests
{
    /// <summary>Of the places, each so many-eth is taken: a daemon takes its time to come back, and the retry waits for it.</summary>
    private const int Every = 20;

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Work_is_done_when_the_daemon_is_back(string version)
    {
        await using var node = await FaultNode.StartAsync(version);
        var jobs = new List<string>();
        var planned = 0;
        foreach (var work in Workload.Of(version))
        {
            var undisturbed = new Trial(node, work);
            await undisturbed.SucceededAsync(await undisturbed.RunAsync(script: null));
            foreach (var (passing, together) in Campaign.Share(WithBoth(work.PassingsIn(node.Trace)), version, Every))
            {
                var trial = new Trial(node, work);
                await trial.SucceededAsync(await trial.RunAsync(Places.At(passing, $"kill({node.Containerd.Id})"), together));
                jobs.Add(trial.JobId);
                planned++;
            }
        }

        await node.EachWasToldOnceAsync(jobs);
        Campaign.Report("kill containerd, alone and with the gateway", version, planned, node.Deaths);
        Campaign.NearlyAllDied(node.Deaths.Containerd, planned);
    }

    private static List<((string Place, int Nth) Passing, bool Together)> WithBoth(IEnumerable<(string Place, int Nth)> passings)
    {
        var asked = passings.Where(passing => !passing.Place.StartsWith("store ", StringComparison.Ordinal)).ToList();
        return [.. asked.Select(passing => (passing, false)), .. asked.Select(passing => (passing, true))];
    }
}
