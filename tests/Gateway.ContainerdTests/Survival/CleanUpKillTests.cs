namespace Gateway.ContainerdTests.Survival;

/// <summary>kill -9 of the gateway at the places of its clean-up.</summary>
public sealed class CleanUpKillTests
{
    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Gateway_that_is_killed_while_it_cleans_up_after_a_failure_or_a_cancel_leaves_nothing(string version)
    {
        await using var node = await FaultNode.StartAsync(version);
        var plans = new List<(Workload Work, Trouble Trouble, (string Place, int Nth) Passing)>();
        foreach (var work in Workload.Of(version).Except([Workload.Prune])) // it has nothing to clean up
        {
            var undisturbed = new Trial(node, work);
            await undisturbed.SucceededAsync(await undisturbed.RunAsync(script: null));
            foreach (var trouble in TroublesOf(work, work.PassingsIn(node.Trace)))
            {
                var trial = new Trial(node, work);
                await trial.EndsAsync(await trial.RunAsync(trouble.Script, cancelAt: trouble.CancelAt), trouble.Script, trouble.Ends);
                var behind = Places.Behind(trouble.At, node.Trace);
                Assert.NotEmpty(behind);
                plans.AddRange(behind.Select(passing => (work, trouble, passing)));
            }
        }

        var (planned, jobs) = (0, new List<string>());
        foreach (var (work, trouble, passing) in Campaign.Share(plans, version))
        {
            var (trial, script) = (new Trial(node, work), $"{trouble.Script}\n{Places.At(passing, "kill")}");
            await trial.EndsAsync(await trial.RunAsync(script, cancelAt: trouble.CancelAt), script, trouble.Ends);
            jobs.Add(trial.JobId);
            planned++;
        }

        await node.EachWasToldOnceAsync(jobs);
        Campaign.Report("kill the gateway in its clean-up", version, planned, node.Deaths);
        // What a cancel meets is not the same each time.
        Assert.True(node.Deaths.Gateway > planned / 2, $"{node.Deaths.Gateway} deaths of {planned}");
    }

    // Canceled where something is half written, failed where the most is to be taken away again.
    private static IEnumerable<Trouble> TroublesOf(Workload work, IReadOnlyList<(string Place, int Nth)> passings)
    {
        foreach (var middle in passings.Where(passing => passing.Place is "Content/Write write:after" or "registry PATCH uploads:before").Take(1))
        {
            yield return new(middle, "delay(200)", middle.Place, ["canceled"]);
        }

        // What had failed is tried again when it was killed over its clean-up, and then an import lacks the bytes.
        var last = passings.Last(passing => passing.Place is "Images/Create:before" or "Images/Update:before" or "Transfer/Transfer:after" or "registry PUT manifests:before");
        yield return new(last, "error(write: no space left on device)", CancelAt: null, work == Workload.Import ? ["insufficient_storage", "content_missing"] : ["insufficient_storage"]);
    }

    /// <summary>What makes a clean-up necessary.</summary>
    private sealed record Trouble((string Place, int Nth) At, string Action, string? CancelAt, string[] Ends)
    {
        public string Script => Places.At(At, Action);
    }
}
