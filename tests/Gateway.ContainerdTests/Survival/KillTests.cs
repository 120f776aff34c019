namespace Gateway.ContainerdTests.Survival;

/// <summary>kill -9 of the gateway at every place of every kind of work.</summary>
public sealed class KillTests
{
    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Gateway_that_is_killed_at_any_place_ends_each_job_once_and_leaves_nothing(string version)
    {
        await using var node = await FaultNode.StartAsync(version);
        var jobs = new List<string>();
        var (planned, passed) = (0, new HashSet<string>());
        foreach (var work in Workload.Of(version))
        {
            var undisturbed = new Trial(node, work);
            await undisturbed.SucceededAsync(await undisturbed.RunAsync(script: null));
            jobs.Add(undisturbed.JobId);
            var passings = work.PassingsIn(node.Trace);
            passed.UnionWith(node.Trace.Select(Places.EffectOf));
            foreach (var passing in Campaign.Share(passings, version))
            {
                var trial = new Trial(node, work);
                await trial.SucceededAsync(await trial.RunAsync(Places.At(passing, "kill")));
                jobs.Add(trial.JobId);
                planned++;
            }
        }

        await node.EachWasToldOnceAsync(jobs);
        Campaign.Report("kill the gateway", version, planned, node.Deaths);
        Campaign.NearlyAllDied(node.Deaths.Gateway, planned);
        Assert.Empty(Places.EffectsOf(version).Except(passed));
        Assert.Empty(passed.Where(Places.IsEffect).Except(Places.EffectsOf(version)));
    }
}
