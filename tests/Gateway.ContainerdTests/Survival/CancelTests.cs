namespace Gateway.ContainerdTests.Survival;

/// <summary>Each place sees a cancel.</summary>
public sealed class CancelTests
{
    /// <summary>Of the places, each so many-eth is taken.</summary>
    private const int Every = 2;

    [Theory]
    [MemberData(nameof(Versions.EachEngine), MemberType = typeof(Versions))]
    public async Task Cancel_at_any_place_ends_as_canceled_or_done_and_leaves_nothing(string version)
    {
        await using var node = await FaultNode.StartAsync(version);
        var (trials, canceled, slowest) = (0, 0, TimeSpan.Zero);
        foreach (var work in Workload.Of(version))
        {
            var undisturbed = new Trial(node, work);
            await undisturbed.SucceededAsync(await undisturbed.RunAsync(script: null));
            foreach (var passing in Campaign.Share(work.PassingsIn(node.Trace), version, Every))
            {
                var trial = new Trial(node, work);
                var job = await trial.RunAsync(Places.At(passing, "delay(200)"), cancelAt: passing.Place);
                await trial.EndsAsync(job, passing.Place, "canceled");
                if ((string?)job["state"] is "canceled")
                {
                    canceled++;
                    slowest = trial.CanceledIn > slowest ? trial.CanceledIn : slowest;
                }

                trials++;
            }
        }

        Campaign.Report("cancel", version, trials, node.Deaths, slowest);
        Assert.True(canceled > trials / 4, $"{canceled} of {trials} were canceled");
        Assert.Equal((0, 0), node.Deaths);
        await node.SettlesAsync();
    }
}
