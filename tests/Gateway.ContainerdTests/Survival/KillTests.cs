namespace Gateway.ContainerdTests.Survival;

/// <summary>kill -9 of the gateway at every place of every kind of work, and of its clean-up.</summary>
public sealed class KillTests
{
    private const string Full = "error(write: no space left on device)";

    /// <summary>Of the places of clean-ups, each so many-eth is taken.</summary>
    private const int Every = 9;

    [Theory]
    [MemberData(nameof(Campaign.Engines), MemberType = typeof(Campaign))]
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

    [Theory]
    [MemberData(nameof(Campaign.Engines), MemberType = typeof(Campaign))]
    public async Task Gateway_that_is_killed_while_it_cleans_up_after_a_failure_or_a_cancel_leaves_nothing(string version)
    {
        await using var node = await FaultNode.StartAsync(version);
        var plans = new List<(Workload Work, string Trouble, string? CancelAt, (string Place, int Nth) Passing)>();
        foreach (var work in Workload.Of(version).Except([Workload.Prune])) // it has nothing to clean up
        {
            var undisturbed = new Trial(node, work);
            await undisturbed.SucceededAsync(await undisturbed.RunAsync(script: null));
            var passings = work.PassingsIn(node.Trace);
            // Canceled where something is half written, failed where the most is to be taken away again.
            var (middle, last) = (passings.FirstOrDefault(passing => passing.Place is "Content/Write write:after" or "registry PATCH uploads:before"), passings.Last(IsLast));
            foreach (var (at, trouble, cancelAt) in new[] { (middle, Places.At(middle, "delay(200)"), middle.Place), (last, Places.At(last, Full), null) }.Where(each => each.Item1.Place is not null))
            {
                var trial = new Trial(node, work);
                await trial.HasAnHonestEndAsync(await trial.RunAsync(trouble, cancelAt: cancelAt), trouble);
                var behind = Places.Behind(at, node.Trace);
                Assert.NotEmpty(behind);
                plans.AddRange(behind.Select(passing => (work, trouble, cancelAt, passing)));
            }
        }

        var (planned, jobs) = (0, new List<string>());
        foreach (var plan in Campaign.Share(plans, version, Every))
        {
            var (trial, script) = (new Trial(node, plan.Work), $"{plan.Trouble}\n{Places.At(plan.Passing, "kill")}");
            await trial.HasAnHonestEndAsync(await trial.RunAsync(script, cancelAt: plan.CancelAt), script);
            jobs.Add(trial.JobId);
            planned++;
        }

        await node.EachWasToldOnceAsync(jobs);
        Campaign.Report("kill the gateway in its clean-up", version, planned, node.Deaths);
        // What a cancel meets is not the same each time.
        Assert.True(node.Deaths.Gateway > planned / 2, $"{node.Deaths.Gateway} deaths of {planned}");
    }

    private static bool IsLast((string Place, int Nth) passing) =>
        passing.Place is "Images/Create:before" or "Images/Update:before" or "Transfer/Transfer:after" or "registry PUT manifests:before";
}
