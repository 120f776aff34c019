namespace Gateway.ContainerdTests.Survival;

/// <summary>Each effect fails once, in the ways it can.</summary>
public sealed class ErrorTests
{
    private const string Lost = "error(connection lost)";
    private const string Full = "error(write: no space left on device)";

    /// <summary>Of the places, each so many-eth is taken.</summary>
    private const int Every = 2;

    /// <summary>A daemon that could not be reached is left alone for five seconds before the next try.</summary>
    private const int EveryLost = 16;

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Effect_that_fails_once_is_tried_again_or_told_by_its_code_and_leaves_nothing(string version)
    {
        await using var node = await FaultNode.StartAsync(version);
        var (trials, jobs) = (0, new List<string>());
        foreach (var work in Workload.Of(version))
        {
            var undisturbed = new Trial(node, work);
            await undisturbed.SucceededAsync(await undisturbed.RunAsync(script: null));
            // A transaction that SQLite reports as failed has not happened, so behind one there is nothing to fail.
            var passings = work.PassingsIn(node.Trace).Where(passing => !(passing.Place.StartsWith("store ", StringComparison.Ordinal) && passing.Place.EndsWith(":after", StringComparison.Ordinal))).ToList();
            var (lost, full) = (passings.Select(passing => (passing, Lost)).ToList(), passings.Select(passing => (passing, Full)).ToList());
            foreach (var (passing, action) in Campaign.Share(lost, version, EveryLost).Concat(Campaign.Share(full, version, Every)))
            {
                var trial = new Trial(node, work);
                // A disk that is full is not tried again; everything else here passes.
                await trial.EndsAsync(await trial.RunAsync(Places.At(passing, action)), $"{passing.Place} {action}", action is Full ? ["insufficient_storage"] : []);
                jobs.Add(trial.JobId);
                trials++;
            }
        }

        await node.EachWasToldOnceAsync(jobs);
        Campaign.Report("errors and full disks", version, trials, node.Deaths);
        Assert.Equal((0, 0), node.Deaths);
        await node.SettlesAsync();
    }
}
